/** The bare sharp loop as a contestant. */
import Type from 'typebox';
import type { Contestant, ContestantOptions } from './contestant.ts';
import { forkModule } from './forked.ts';
import { startRunSide } from './run-side.ts';

/** Whatever the load, it takes its pictures in its own way. */
export function startBareSide(options: ContestantOptions): Contestant {
  const bare = forkModule('./bare-sharp.ts');
  const RunReport = Type.Object({
    elapsedMs: Type.Number(),
    timesMs: Type.Array(Type.Number()),
    failed: Type.Integer(),
  });
  return startRunSide({ pid: bare.pid, run: (urls) => bare.ask(RunReport, { urls }), stop: bare.stop }, options);
}
