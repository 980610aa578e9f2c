/** How long the loops of the API and of the worker were held, and by which cases. */
import { type LoopFigures, type LoopTurn, type LoopTurns, loopFiguresOf, mostLoopMs } from '@tintype/testkit';

/** Milliseconds since the epoch. */
export type Span = { startedAtMs: number; endedAtMs: number };

/** A turn that took too long. */
export type LongTurn = {
  loop: 'API' | 'worker';
  cpuMs: number;
  /** The cases that were under way when it began: one of them did it, or all together. */
  cases: readonly string[];
};

/** The loops during a class; long turns are told longest first, one for each set of cases. */
export type ClassLoops = LoopFigures & { longTurns: LongTurn[] };

type NamedSpan = Span & { name: string };

/** Of all turns those that began in the span of the class. */
export function loopsDuring(turns: LoopTurns, span: Span, cases: readonly NamedSpan[]): ClassLoops {
  const during = (some: readonly LoopTurn[]) => some.filter((turn) => isWithin(beganAtMs(turn), span));
  const own: LoopTurns = { api: during(turns.api), worker: during(turns.worker), idle: during(turns.idle) };
  const long = [...longTurns('API', own.api, cases), ...longTurns('worker', own.worker, cases)];
  return { ...loopFiguresOf(own), longTurns: long.sort((one, other) => other.cpuMs - one.cpuMs) };
}

function longTurns(loop: LongTurn['loop'], turns: readonly LoopTurn[], cases: readonly NamedSpan[]): LongTurn[] {
  const longest = new Map<string, LongTurn>();
  for (const turn of turns) {
    if (turn.cpuMs <= mostLoopMs) continue;
    const began = beganAtMs(turn);
    // Who came while it lasted has only waited for it. Clocks are read to the millisecond.
    const underWay = cases.filter(({ startedAtMs, endedAtMs }) => startedAtMs <= began + 1 && endedAtMs >= began - 1);
    const names = underWay.map(({ name }) => name);
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
