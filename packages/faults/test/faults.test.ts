/** Nothing that was accepted is lost: real processes are killed and stopped under load, each job is followed. */
import { beforeAll, expect, test } from '@jest/globals';
import { someOf } from '@tintype/testkit';
import { makeCalmly } from '../src/expected.ts';
import { faultNamed } from '../src/options.ts';
import { drawPictures } from '../src/pictures.ts';
import { playRound } from '../src/round.ts';
import { judge, type Verdict } from '../src/verdict.ts';

const all = [
  ['a worker is killed', 'kill-worker'],
  // In the short form `rolling-upgrade.test.ts` replaces workers under load.
  ['each worker is stopped and replaced', 'stop-workers'],
  ['Redis is killed and started again', 'kill-redis'],
] as const;
const faults = someOf(all, 2);

/** Short, because what matters is what was under way when the fault came. */
const afterMs = 200;
/** Enough to wait, to be downloaded and to be decoded at once: what comes on top of that only takes longer. */
const backlog = 28;
const scale = 0.5;

const verdicts = new Map<string, Verdict>();
// Side by side, each in a Tintype of its own: most of a round is waiting.
beforeAll(async () => {
  const pictures = await drawPictures(2, scale);
  const expected = await makeCalmly(pictures);
  await Promise.all(
    faults.map(async ([, name]) => {
      const fault = faultNamed(name);
      const observation = await playRound({ fault, pictures, backlog, afterMs, onProgress: () => undefined });
      verdicts.set(name, judge(observation, expected));
    }),
  );
});

test.each(faults)('when %s under load, then every accepted job ends well, with the right result', (_, name) => {
  const { figures, missed } = verdicts.get(name) ?? {};
  expect(missed).toEqual([]); // what took too long is judged by `npm run test:faults`, on a machine that does nothing else
  expect(figures?.completed).toBe(figures?.accepted);
  expect(figures?.waiting).toBeGreaterThan(0);
});
