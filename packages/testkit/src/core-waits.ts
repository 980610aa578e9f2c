/** How long processes wait for a core: what a busy machine adds to every time that is measured on it. */
import { readdirSync, readFileSync } from 'node:fs';
import { readTree } from './process-tree.ts';

/**
 * The answer tells the milliseconds for which threads of this process, and of all that it has started, could have run
 * and had no core since the call: on a machine without other work next to none. A limit of time that has them added
 * holds on any machine. Always 0 where the kernel does not count them.
 */
export function countCoreWaits(): () => number {
  const before = readWaits();
  return () => [...readWaits()].reduce((sum, [thread, ms]) => sum + ms - (before.get(thread) ?? 0), 0);
}

/** By thread, in milliseconds since its start. */
function readWaits(): Map<string, number> {
  const waits = new Map<string, number>();
  for (const { pid } of readTree([process.pid])) {
    for (const [thread, schedstat] of readThreads(pid)) {
      // Of nanoseconds on a core, nanoseconds of waiting for one, and turns: the second.
      waits.set(thread, Number(schedstat.split(' ')[1] ?? 0) / 1e6);
    }
  }
  return waits;
}

function readThreads(pid: number): [string, string][] {
  try {
    const tasks = `/proc/${pid}/task`;
    return readdirSync(tasks).map((thread) => [thread, readFileSync(`${tasks}/${thread}/schedstat`, 'latin1')]);
  } catch {
    return []; // It has ended meanwhile, or the kernel was built without.
  }
}
