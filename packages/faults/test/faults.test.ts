/** Nothing that was accepted is lost: real processes are killed and stopped under load, each job is followed. */
import { beforeAll, expect, test } from '@jest/globals';
import { makeCalmly } from '../src/expected.ts';
import { faultNamed } from '../src/options.ts';
import { drawPictures } from '../src/pictures.ts';
import { playRound } from '../src/round.ts';
import { judge, type Verdict } from '../src/verdict.ts';

const faults = [
  ['a worker is killed', 'kill-worker'],
  ['Redis is killed and started again', 'kill-redis'],
  ['each worker is stopped and replaced', 'stop-workers'],
] as const;

/** Short, because what matters is what was under way when the fault came. */
const afterMs = 200;

const verdicts = new Map<string, Verdict>();
// Side by side, each in a Tintype of its own: most of a round is waiting.
beforeAll(async () => {
  const pictures = await drawPictures(2);
  const expected = await makeCalmly(pictures);
  await Promise.all(
    faults.map(async ([, name]) => {
      const fault = faultNamed(name);
      const observation = await playRound({ fault, pictures, afterMs, onProgress: () => undefined });
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
