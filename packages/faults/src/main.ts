/** `npm run test:faults`: every fault under load. Ends with 1 when a must was missed, 2 on wrong options. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { optionsOrExit } from '@tintype/testkit';
import { type Expected, makeCalmly } from './expected.ts';
import { type Fault, faults } from './faults.ts';
import { type FaultsOptions, readOptions, usage } from './options.ts';
import { putIntoPage } from './page.ts';
import { drawLongPicture, drawPictures, type Picture } from './pictures.ts';
import { describeSetup, missedOf, type Report, reportJson, reportTable, reportText } from './report.ts';
import { FaultSkipped, type Observation, playRound } from './round.ts';
import type { FaultResult } from './rows.ts';
import { judge } from './verdict.ts';

/** No multiple of three, because every third is uploaded: each picture comes in both ways. */
const pictureCount = 8;
const afterMs = 2000;

const say = (line: string) => void process.stderr.write(`${line}\n`);

type Material = { pictures: Picture[]; longPicture: Picture | null; expected: Expected };

async function prepare({ faults: chosen }: FaultsOptions): Promise<Material> {
  say('drawing the pictures, and making each once in peace');
  const pictures = await drawPictures(pictureCount);
  const longPicture = chosen.some((fault) => fault.needsDecodeChild) ? await drawLongPicture() : null;
  const expected = await makeCalmly([...pictures, ...(longPicture ? [longPicture] : [])]);
  return { pictures, longPicture, expected };
}

async function run(options: FaultsOptions): Promise<Report> {
  const material = await prepare(options);
  const results: FaultResult[] = [];
  let redisVersion = 'unknown';
  for (const fault of options.faults) {
    const result: FaultResult = { fault, skipped: null, verdicts: [] };
    results.push(result);
    for (let round = 1; round <= options.rounds && result.skipped === null; round += 1) {
      const label = `${fault.name}${options.rounds > 1 ? ` ${round}/${options.rounds}` : ''}`;
      try {
        const observation = await observe(fault, label, material);
        redisVersion = observation.redisVersion;
        const verdict = judge(observation, material.expected);
        result.verdicts.push(verdict);
        for (const line of [...verdict.missed, ...verdict.late]) say(`${label}: MISSED ${line}`);
        if (options.logFolder !== null)
          await keepLogs(join(options.logFolder, label.replace(/\W+/g, '-')), observation);
      } catch (err) {
        if (!(err instanceof FaultSkipped)) throw err;
        result.skipped = err.message;
        say(`${label}: skipped, ${err.message}`);
      }
    }
  }
  return { measuredWith: describeSetup(redisVersion, options.rounds), results };
}

function observe(fault: Fault, label: string, { pictures, longPicture }: Material): Promise<Observation> {
  const ofThisFault = fault.needsDecodeChild && longPicture ? [...pictures, longPicture] : pictures;
  return playRound({ fault, pictures: ofThisFault, afterMs, onProgress: (text) => say(`${label}: ${text}`) });
}

async function keepLogs(folder: string, { logs }: Observation): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, lines] of Object.entries(logs)) await writeFile(join(folder, `${name}.log`), lines.join('\n'));
}

const options = optionsOrExit(readOptions, usage);
// What was started ends with this process.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
const report = await run(options);
process.stdout.write(`${options.json ? reportJson(report) : reportText(report)}\n`);
if (options.faults === faults) await putIntoPage(reportTable(report));
if (report.results.some((result) => missedOf(result).length > 0)) process.exitCode = 1;
