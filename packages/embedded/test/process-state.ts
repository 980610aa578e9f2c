/** Whether processes live, for tests that wait for their end. */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** False also for a zombie: in a container, process 1 may never ask how its adopted children ended. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return true; // no /proc: macOS
  }
}

/** Polls until the process has ended; the test's own time limit ends the wait. */
export async function untilGone(pid: number): Promise<void> {
  while (isRunning(pid)) await sleep(10);
}
