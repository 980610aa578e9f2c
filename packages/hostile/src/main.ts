/** `npm run test:hostile`: attacks a running Tintype. Ends with 1 when a goal is missed, 2 on wrong options. */
import { createProgress } from '@tintype/testkit';
import { judgeGoals } from './goals.ts';
import { type HostileOptions, InvalidOptions, readOptions, usage } from './options.ts';
import { reportJson, reportText } from './report.ts';
import { runAttacks } from './run.ts';

function optionsOrExit(): HostileOptions {
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
const startedMs = Date.now();
const progress = createProgress(process.stderr);
const result = await runAttacks(options, progress, (stop) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(1)));
  }
});
progress.line(`${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
process.stdout.write(`${options.json ? reportJson(result) : reportText(result)}\n`);
if (judgeGoals(result.totals).some(({ met }) => !met)) process.exitCode = 1;
