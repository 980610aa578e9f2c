/** How long the loops of the API and of the worker were held, and by which cases. */
import type { LoopTurn } from '@tintype/testkit';

/** Milliseconds since the epoch. */
export type Span = { startedAtMs: number; endedAtMs: number };

/** What the meters of a rig have noted so far. */
export type LoopTurns = {
  api: readonly LoopTurn[];
  /** Of every process that was the worker. */
  worker: readonly LoopTurn[];
  /** Of a process with nothing to do on the same machine. */
  idle: readonly LoopTurn[];
};

/** A turn that took too long. */
export type LongTurn = {
  loop: 'API' | 'worker';
  cpuMs: number;
  /** The cases that were under way: one of them did it, or all together. */
  cases: readonly string[];
};

/** The loops during a class. */
export type ClassLoops = {
  /** Most CPU time of one turn; 0 when none took as much as is noted. */
  apiCpuMs: number;
  workerCpuMs: number;
  /** Latest by the wall, which also depends on what else the machine does; that of the idle process tells. */
  apiLateMs: number;
  workerLateMs: number;
  idleLateMs: number;
  /** Turns above what a loop may be held for, longest first; one for each set of cases. */
  longTurns: LongTurn[];
};

/** Most CPU time of a loop's thread between two turns: while it computes it answers nobody, and renews no lock. */
export const mostLoopMs = 50;

type NamedSpan = Span & { name: string };

/** Of all turns those that began in the span of the class. */
export function loopsDuring(turns: LoopTurns, span: Span, cases: readonly NamedSpan[]): ClassLoops {
  const during = (some: readonly LoopTurn[]) => some.filter((turn) => isWithin(beganAtMs(turn), span));
  const [api, worker, idle] = [during(turns.api), during(turns.worker), during(turns.idle)];
  const long = [...longTurns('API', api, cases), ...longTurns('worker', worker, cases)];
  return {
    apiCpuMs: most(api, ({ cpuMs }) => cpuMs),
    workerCpuMs: most(worker, ({ cpuMs }) => cpuMs),
    apiLateMs: most(api, ({ lateMs }) => lateMs),
    workerLateMs: most(worker, ({ lateMs }) => lateMs),
    idleLateMs: most(idle, ({ lateMs }) => lateMs),
    longTurns: long.sort((one, other) => other.cpuMs - one.cpuMs),
  };
}

function longTurns(loop: LongTurn['loop'], turns: readonly LoopTurn[], cases: readonly NamedSpan[]): LongTurn[] {
  const longest = new Map<string, LongTurn>();
  for (const turn of turns) {
    if (turn.cpuMs <= mostLoopMs) continue;
    const began = beganAtMs(turn);
    const names = cases
      .filter(({ startedAtMs, endedAtMs }) => startedAtMs <= turn.endedAtMs && endedAtMs >= began)
      .map(({ name }) => name);
    const key = names.join('\n');
    if (turn.cpuMs > (longest.get(key)?.cpuMs ?? 0)) longest.set(key, { loop, cpuMs: turn.cpuMs, cases: names });
  }
  return [...longest.values()];
}

/** At the latest: what the turn took of the clock besides, it may have slept before. */
function beganAtMs({ endedAtMs, cpuMs }: LoopTurn): number {
  return endedAtMs - cpuMs;
}

function isWithin(atMs: number, { startedAtMs, endedAtMs }: Span): boolean {
  return atMs >= startedAtMs && atMs < endedAtMs;
}

function most(turns: readonly LoopTurn[], pick: (turn: LoopTurn) => number): number {
  return turns.reduce((max, turn) => Math.max(max, pick(turn)), 0);
}
