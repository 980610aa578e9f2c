/** `npm run bench:colour`: scores the extraction of colours. Ends with 2 on wrong options. */
import { warmUp } from '@tintype/colour';
import { optionsOrExit } from '@tintype/testkit';
import { runArt } from './art-run.ts';
import { createContenders } from './contenders.ts';
import { formatsTable, writeFormats } from './formats/format-report.ts';
import { runFormats } from './formats/format-run.ts';
import { fetchPhotographs } from './jpeg/fetch-photographs.ts';
import { reportJpegs } from './jpeg/jpeg-report.ts';
import { runJpegs } from './jpeg/jpeg-run.ts';
import { describeMachine } from './machine.ts';
import { type ColourBenchOptions, readOptions, usage } from './options.ts';
import { runPhotos } from './photo-run.ts';
import { reportJson, reportText } from './report.ts';
import { drawSheet } from './sheet.ts';

async function bench({ seeds, families, onlyOurs, photographs, json }: ColourBenchOptions): Promise<string> {
  const machine = describeMachine();
  const contenders = createContenders().slice(0, onlyOurs ? 1 : undefined);
  warmUp();
  const art = await runArt({ seeds, families, contenders });
  const photos = photographs
    ? await runPhotos(
        seeds,
        contenders.filter(({ isSlow }) => !isSlow),
      )
    : [];
  const result = { machine, seeds, families, contenders, art, photos };
  return json ? reportJson(result) : reportText(result);
}

async function benchJpegs(): Promise<string> {
  const photographs = await fetchPhotographs();
  return reportJpegs(photographs, await runJpegs(photographs));
}

async function benchFormats({ write }: ColourBenchOptions): Promise<string> {
  const photographs = await fetchPhotographs();
  const table = formatsTable(photographs, await runFormats(photographs));
  if (write) await writeFormats(table);
  return table;
}

const options = optionsOrExit(readOptions, usage);
if (options.suite === 'jpeg') process.stdout.write(`${await benchJpegs()}\n`);
else if (options.suite === 'formats') process.stdout.write(`${await benchFormats(options)}\n`);
else if (options.sheet === null) process.stdout.write(`${await bench(options)}\n`);
else await drawSheet(options, options.sheet);
