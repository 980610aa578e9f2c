/** Puts the table into docs/reliability.md, between its markers. */
import { readFile, writeFile } from 'node:fs/promises';

const page = new URL('../../../docs/reliability.md', import.meta.url);
const begin = '<!-- faults: measured by npm run test:faults -->';
const end = '<!-- end of faults -->';

/** Throws when the page has lost its markers. */
export async function putIntoPage(table: string): Promise<void> {
  const text = await readFile(page, 'utf8');
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error(`docs/reliability.md has no place for the table: ${begin} … ${end}`);
  await writeFile(page, `${text.slice(0, from)}${begin}\n\n${table}\n\n${text.slice(to)}`);
}
