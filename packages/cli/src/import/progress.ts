/** Tells how far an import is: one line that changes on a terminal, else a new line every few seconds. */
import type { Counts } from './tally.ts';

/** Where it is told. */
export type ProgressOutput = { write(text: string): unknown; isTTY?: boolean; columns?: number };

export type Progress = {
  /** What comes next; `left` says how much of it there is to do. */
  begin(what: string, left: () => number): void;
  /** Why nothing moves. */
  note(text: string, forMs: number): void;
  stop(): void;
};

const terminalEveryMs = 200;
const linesEveryMs = 5000;
/** The rate is that of so long. */
const rateOverMs = 10_000;
const barChars = 24;

type Phase = { what: string; left: () => number; total: number; marks: { atMs: number; left: number }[] };

export function startProgress(output: ProgressOutput, counts: () => Counts): Progress {
  const isTerminal = output.isTTY === true;
  let phase: Phase | null = null;
  let note = { text: '', untilMs: 0 };
  const tell = (): void => {
    if (phase === null) return;
    const nowMs = performance.now();
    phase.marks = [...phase.marks, { atMs: nowMs, left: phase.left() }].filter(
      ({ atMs }) => nowMs - atMs <= rateOverMs,
    );
    const line = lineOf(phase, counts().failed, note.untilMs > nowMs ? note.text : '');
    output.write(isTerminal ? `\r${line.slice(0, Math.max(20, (output.columns ?? 80) - 1))}\u001b[K` : `${line}\n`);
  };
  const timer = setInterval(tell, isTerminal ? terminalEveryMs : linesEveryMs).unref();
  return {
    begin(what, left) {
      phase = { what, left, total: left(), marks: [{ atMs: performance.now(), left: left() }] };
      if (isTerminal) tell();
    },
    note(text, forMs) {
      note = { text, untilMs: performance.now() + forMs };
    },
    stop() {
      clearInterval(timer);
      if (isTerminal && phase !== null) output.write('\r\u001b[K');
      phase = null;
    },
  };
}

/** `[######    ] sending 1234 of 5000, 24.7/s, 2:32 left, 3 failed` */
function lineOf({ what, total, marks }: Phase, failed: number, note: string): string {
  const [first, last] = [marks[0], marks.at(-1)];
  const left = last?.left ?? total;
  const elapsedMs = first && last ? last.atMs - first.atMs : 0;
  const perSecond = first && elapsedMs > 0 ? ((first.left - left) * 1000) / elapsedMs : 0;
  const filled = total === 0 ? barChars : Math.round(((total - left) / total) * barChars);
  const parts = [
    `[${'#'.repeat(filled).padEnd(barChars)}] ${what} ${total - left} of ${total}`,
    ...(perSecond > 0 ? [`${perSecond.toFixed(1)}/s`, `${clock(left / perSecond)} left`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(note === '' ? [] : [note]),
  ];
  return parts.join(', ');
}

function clock(seconds: number): string {
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, Math.floor(seconds) % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}
