/** The table of formats, for the terminal and between its markers in docs/formats.md. */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { sniffFormat } from '@tintype/contracts';
import sharp from 'sharp';
import type { Photograph } from '../jpeg/fetch-photographs.ts';
import { quantile } from '../statistics.ts';
import { decimal } from '../table.ts';
import type { FormatOutcome } from './format-run.ts';

export const formatsPage = fileURLToPath(new URL('../../../../docs/formats.md', import.meta.url));
const [begin, end] = ['<!-- bench:colour: formats -->', '<!-- end of formats -->'];

/** In Markdown: the words stand below it. */
export function formatsTable(photographs: readonly Photograph[], outcomes: readonly FormatOutcome[]): string {
  const rows = [...Map.groupBy(outcomes, ({ row }) => row)].map(([name, group]) => rowOf(name, group));
  const kinds = Map.groupBy(photographs, ({ bytes }) => sniffFormat(bytes));
  const formats = [...kinds].map(([format, group]) => `${group.length} ${format}`).join(', ');
  const packages = [...new Set(photographs.map(({ from }) => from))].join(', ');
  return [
    '| | files | completed | else | mean ΔE2000, p50 | worst |',
    '| --- | ---: | ---: | --- | ---: | ---: |',
    ...rows,
    '',
    `${outcomes.length} files, sharp ${sharp.versions.sharp}, libvips ${sharp.versions.vips}. As packages ship it: every picture in ${packages}. ` +
      `The other rows: their ${photographs.length} photographs (${formats}), each written as that. ΔE2000 from the same file decoded whole.`,
  ].join('\n');
}

function rowOf(name: string, group: readonly FormatOutcome[]): string {
  const differences = group.flatMap(({ difference }) => difference ?? []);
  const others = Map.groupBy(
    group.filter(({ verdict }) => verdict !== 'completed'),
    ({ verdict }) => verdict,
  );
  const told = [...others].map(([verdict, all]) => `${all.length} \`${verdict}\``).join(', ');
  const figures = [quantile(differences, 0.5), quantile(differences, 1)].map((value) => decimal(value));
  return `| ${name} | ${[group.length, differences.length, told, ...figures].join(' | ')} |`;
}

/** Throws when the page has no place for it. */
export async function writeFormats(table: string): Promise<void> {
  const page = await readFile(formatsPage, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/formats.md has no ${begin} … ${end}`);
  await writeFile(formatsPage, `${page.slice(0, from)}${begin}\n\n${table}\n\n${page.slice(to)}`);
}

/** The names of the rows that stand in a page. */
export function rowsOfPage(page: string): string[] {
  const block = page.slice(page.indexOf(begin), page.indexOf(end));
  return [...block.matchAll(/^\| ([^|]+?) \| \d/gm)].map(([, name = '']) => name);
}
