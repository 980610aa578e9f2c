/** `npm run bench:colour`: scores the extraction of colours. Ends with 2 on wrong options. */
import { warmUp } from '@tintype/colour';
import { runArt } from './art-run.ts';
import { createContenders } from './contenders.ts';
import { describeMachine } from './machine.ts';
import { type ColourBenchOptions, InvalidOptions, readOptions, usage } from './options.ts';
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

function optionsOrExit(): ColourBenchOptions {
  try {
    const options = readOptions(process.argv.slice(2));
    if (options !== null) return options;
    process.stdout.write(usage);
    process.exit(0);
  } catch (err) {
    if (!(err instanceof InvalidOptions)) throw err;
    process.stderr.write(`${err.message}\n\n${usage}`);
    process.exit(2);
  }
}

const options = optionsOrExit();
if (options.sheet === null) process.stdout.write(`${await bench(options)}\n`);
else await drawSheet(options, options.sheet);
