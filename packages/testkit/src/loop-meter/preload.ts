/**
 * Preloaded into a process with `--import`: notes what the thread of its event loop spends between two turns.
 *
 * Once a turn, in its check phase, it reads the CPU time of this thread alone: work of the loop, of callbacks, of
 * promises and of the collector, but not of libuv's, sharp's or our own threads. An immediate that is unreferenced runs
 * in every turn and wakes nobody: a loop with nothing to do sleeps on. A beat tells how late the loop came by the clock
 * on the wall, and is all that the meter costs an idle process. Lines are written at once, so they are there after any
 * death.
 */
import { openSync, writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/** What is smaller is not written: the meter itself must stay small. */
const leastMs = 5;
const beatMs = 50;

/** Of this thread, in milliseconds, to the microsecond. */
function threadCpuMs(): number {
  // The kernel brings the count of the running thread up to date when the whole process is asked for
  // (thread_group_cputime in kernel/sched/cputime.c); asked for the thread alone, it may be as old as a tick: 4 ms.
  process.cpuUsage();
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}

function meterLoop(file: number): void {
  let cpuBeforeMs = threadCpuMs();
  let beforeMs = performance.now();
  let dueMs = beforeMs + beatMs;
  let lateMs = 0;
  const onTurn = () => {
    const cpuMs = threadCpuMs();
    const nowMs = performance.now();
    const spentMs = cpuMs - cpuBeforeMs;
    if (spentMs >= leastMs || lateMs >= leastMs) {
      const figures = [spentMs, nowMs - beforeMs, lateMs].map((ms) => ms.toFixed(2));
      writeSync(file, `${[Date.now(), ...figures].join(' ')}\n`);
    }
    cpuBeforeMs = cpuMs;
    beforeMs = nowMs;
    lateMs = 0;
    setImmediate(onTurn).unref();
  };
  setImmediate(onTurn).unref();
  setInterval(() => {
    const nowMs = performance.now();
    lateMs = Math.max(lateMs, nowMs - dueMs);
    dueMs = nowMs + beatMs;
  }, beatMs).unref();
}

const folder = new URL(import.meta.url).searchParams.get('folder');
if (folder === null) throw new Error('the loop meter was given no folder to write into');
// Threads that inherit the flag have loops of their own, which serve nobody.
if (isMainThread) meterLoop(openSync(`${folder}/${process.pid}`, 'a'));
