/** The children of a process, for tests that look at them or end them. */
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** Pids of the direct children that live, zombies left out. Linux only: read from /proc (proc(5)). */
export function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}

/** Polls until the process has a child besides those that are `known`; the test's own time limit ends the wait. */
export async function firstChildOf(pid: number, known: readonly number[] = []): Promise<number> {
  for (;;) {
    const child = childrenOf(pid).find((other) => !known.includes(other));
    if (child !== undefined) return child;
    await sleep(5);
  }
}

/** Polls until the process has ended. */
export async function untilGone(pid: number): Promise<void> {
  while (parentOf(String(pid)) !== null) await sleep(10);
}

/** Null when it has ended, also when nobody has asked yet how. */
function parentOf(pid: string): number | null {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, parent] = line.slice(line.lastIndexOf(')') + 2).split(' '); // the name before may contain anything
    return state === 'Z' ? null : Number(parent);
  } catch {
    return null;
  }
}
