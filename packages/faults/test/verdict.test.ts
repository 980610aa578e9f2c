/** What the loops did is judged by the CPU time of their turns, and by nothing else. */
import { expect, test } from '@jest/globals';
import type { LoopTurns } from '@tintype/testkit';
import type { Observation } from '../src/round.ts';
import { judge } from '../src/verdict.ts';

const faultAtMs = 10_000;

/** A round in which nothing went wrong. */
function observed(loopTurns: LoopTurns): Observation {
  return {
    moment: { waiting: 8, downloading: 1, active: ['a'] },
    ...{ faultAtMs, overAtMs: 10_100, exits: [], jobs: [], wrongFiles: [], exchanges: [], logs: {} },
    load: { accepted: 0, sentAgain: 0, refused: [], slowestAcceptanceMs: 0 },
    redisVersion: '7.0.0',
    loopTurns,
  };
}

const turn = (endedAtMs: number, cpuMs: number, lateMs = 0) => ({ endedAtMs, cpuMs, wallMs: cpuMs, lateMs });

test('when a loop was held for more than 50 ms of CPU, then a must of time was missed, with the moment', () => {
  const { figures, missed, late } = judge(
    observed({ api: [turn(10_400, 49)], worker: [turn(9_000, 30), turn(12_300, 84.4)], idle: [] }),
    new Map(),
  );
  expect(missed).toEqual([]);
  expect(late).toEqual(['worker: its loop was held for 84 ms of CPU, 2.3 s after the fault']);
  expect(figures.loops).toMatchObject({ api: { cpuMs: 49 }, worker: { cpuMs: 84.4 } });
});

test('when loops came late because the machine was busy, then that is told and not judged', () => {
  const { figures, missed, late } = judge(
    observed({ api: [turn(10_400, 2, 900)], worker: [], idle: [turn(10_500, 0, 870)] }),
    new Map(),
  );
  expect([...missed, ...late]).toEqual([]);
  expect(figures.loops).toMatchObject({ apiLateMs: 900, workerLateMs: 0, idleLateMs: 870 });
});
