/**
 * `npm run bench:page -- <result.json> …`: puts what `npm run bench -- --json` has found into docs/performance.md and
 * its plots, so that no figure is typed by hand. Suites that are in none of the results stay as they are.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from '@tintype/contracts';
import { writePlots } from '../plots/draw.ts';
import { plotsOf } from '../plots/plot.ts';
import { blocksOf, PageSource } from './blocks.ts';
import { putBlock } from './marked.ts';

const page = fileURLToPath(new URL('../../../docs/performance.md', import.meta.url));
const plotFolder = fileURLToPath(new URL('../../../docs/performance', import.meta.url));

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('Name the results: npm run bench:page -- <result.json> …\n');
  process.exit(2);
}
let text = await readFile(page, 'utf8');
for (const file of files) {
  const source = parse(PageSource, JSON.parse(await readFile(file, 'utf8')));
  for (const block of blocksOf(source)) text = putBlock(text, block);
  await writePlots(plotFolder, plotsOf([...source.queueSuites, ...source.growthSuites]));
}
await writeFile(page, text);
