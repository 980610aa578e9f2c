/** Long turns of a loop are told with the case that was under way, and miss a goal. */
import { describe, expect, test } from '@jest/globals';
import { judgeGoals, type Totals } from '../src/goals.ts';
import { loopsDuring } from '../src/loops.ts';

const turn = (endedAtMs: number, cpuMs: number, lateMs = 0) => ({ endedAtMs, cpuMs, wallMs: cpuMs + 20, lateMs });
const span = (name: string, startedAtMs: number, endedAtMs: number) => ({ name, startedAtMs, endedAtMs });

describe('loops during a class', () => {
  const ofClass = span('class', 1_000, 2_000);
  const cases = [span('first', 1_000, 1_400), span('second', 1_400, 2_000)];
  const nothing = { api: [], worker: [], idle: [] };

  test('when a turn is too long, then the case that was under way as it began is named, and nobody else', () => {
    const turns = { ...nothing, worker: [turn(1_350, 40), turn(1_700, 380), turn(1_900, 60)] };
    const { worker, longTurns } = loopsDuring(turns, ofClass, cases);
    expect(worker?.cpuMs).toBe(380);
    expect(longTurns).toEqual([
      { loop: 'worker', cpuMs: 380, cases: ['first'] },
      { loop: 'worker', cpuMs: 60, cases: ['second'] },
    ]);
  });

  test('when cases are under way side by side, then each of them may have done it', () => {
    const beside = [...cases, span('third', 1_000, 2_000)];
    const { longTurns } = loopsDuring({ ...nothing, api: [turn(1_300, 100), turn(1_350, 90)] }, ofClass, beside);
    expect(longTurns).toEqual([{ loop: 'API', cpuMs: 100, cases: ['first', 'third'] }]);
  });

  test('when a turn began before the class or after it, then it is not of this class', () => {
    const turns = { ...nothing, api: [turn(1_050, 100), turn(2_110, 100)] };
    expect(loopsDuring(turns, ofClass, cases)).toMatchObject({ api: null, longTurns: [] });
    expect(loopsDuring({ ...nothing, api: [turn(2_060, 100)] }, ofClass, cases).api?.cpuMs).toBe(100);
  });

  test('when loops come late by the wall, then that is told beside the idle one, and is no long turn', () => {
    const turns = { api: [turn(1_500, 3, 700)], worker: [], idle: [turn(1_500, 0, 600)] };
    const loops = loopsDuring(turns, ofClass, cases);
    expect(loops).toMatchObject({ apiLateMs: 700, workerLateMs: 0, idleLateMs: 600, longTurns: [] });
  });
});

test.each([
  [50, 50, []],
  [50.4, 0, ['API’s loop, ms of CPU in a turn']],
  [0, 51, ['worker’s loop, ms of CPU in a turn']],
])('when the loops took %d and %d ms, then these goals are missed: %j', (apiLoopMs, workerLoopMs, missed) => {
  const none = { serverErrors: [], leaks: [], defects: [] };
  const counts = { cases: 1, failures: 0, late: 0, crashes: 0, addressesReached: 0, answers: 1, metadataFound: 0 };
  const bytes = { workerBytes: 0, treeBytes: 0, slowestMs: 0 };
  const totals: Totals = { ...none, ...counts, ...bytes, apiLoopMs, workerLoopMs };
  expect(judgeGoals(totals, true).flatMap(({ name, met }) => (met ? [] : [name]))).toEqual(missed);
  expect(judgeGoals(totals, false).filter(({ met }) => met === false)).toEqual([]);
});
