/** Writes the generated pages. */
import { mkdir, writeFile } from 'node:fs/promises';
import { renderPages } from './docs/pages.ts';

await mkdir(new URL('../docs/options', import.meta.url), { recursive: true });
for (const [path, text] of Object.entries(await renderPages())) {
  await writeFile(new URL(`../${path}`, import.meta.url), text);
  console.log(path);
}
