/** The children of a process, for tests that look at them or end them. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readProcesses, readStat } from './process-tree.ts';

/** Pids of the direct children that live, zombies left out. Linux only: read from /proc (proc(5)). */
export function childrenOf(pid: number): number[] {
  return readProcesses()
    .filter(({ parentPid, isZombie }) => parentPid === pid && !isZombie)
    .map((child) => child.pid);
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
  for (let stat = readStat(pid); stat !== null && !stat.isZombie; stat = readStat(pid)) await sleep(10);
}
