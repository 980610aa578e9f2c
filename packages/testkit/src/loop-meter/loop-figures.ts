/** What the turns of an API, its workers and an idle process amount to. */
import type { LoopTurn } from './loop-meter.ts';

/** Most CPU that a loop's thread may take between two turns: while it computes it answers nobody and renews no lock. */
export const mostLoopMs = 50;

/** What the meters of a rig have noted. */
export type LoopTurns = {
  api: readonly LoopTurn[];
  /** Of every process that was a worker. */
  worker: readonly LoopTurn[];
  /** Of a process with nothing to do on the same machine. */
  idle: readonly LoopTurn[];
};

export type LoopFigures = {
  /** The turn that took most CPU time; null when none took as much as is noted. */
  api: LoopTurn | null;
  worker: LoopTurn | null;
  /** Latest by the wall. Not judged: it also depends on what else the machine does, as the idle process tells. */
  apiLateMs: number;
  workerLateMs: number;
  idleLateMs: number;
};

export function loopFiguresOf({ api, worker, idle }: LoopTurns): LoopFigures {
  return {
    api: longestOf(api),
    worker: longestOf(worker),
    apiLateMs: latestOf(api),
    workerLateMs: latestOf(worker),
    idleLateMs: latestOf(idle),
  };
}

function longestOf(turns: readonly LoopTurn[]): LoopTurn | null {
  return turns.reduce<LoopTurn | null>((most, turn) => (turn.cpuMs > (most?.cpuMs ?? 0) ? turn : most), null);
}

function latestOf(turns: readonly LoopTurn[]): number {
  return turns.reduce((latest, { lateMs }) => Math.max(latest, lateMs), 0);
}
