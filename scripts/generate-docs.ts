/** Writes the generated pages. */
import { writeFile } from 'node:fs/promises';
import { renderPages } from './docs/pages.ts';

for (const [path, text] of Object.entries(await renderPages())) {
  await writeFile(new URL(`../${path}`, import.meta.url), text);
  console.log(path);
}
