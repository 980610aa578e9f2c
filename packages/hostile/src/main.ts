/** `npm run test:hostile`: attacks a running Tintype. Ends with 1 when a goal is missed, 2 on wrong options. */
import { createProgress, optionsOrExit } from '@tintype/testkit';
import { judgeGoals } from './goals.ts';
import { readOptions, usage } from './options.ts';
import { reportJson, reportText } from './report.ts';
import { runAttacks } from './run.ts';

const options = optionsOrExit(readOptions, usage);
const startedMs = Date.now();
const progress = createProgress(process.stderr);
const result = await runAttacks(options, progress, (stop) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(1)));
  }
});
progress.line(`${((Date.now() - startedMs) / 1000).toFixed(0)} s`);
process.stdout.write(`${(options.json ? reportJson : reportText)(result, options.judgesTimes)}\n`);
if (judgeGoals(result.totals, options.judgesTimes).some(({ met }) => met === false)) process.exitCode = 1;
