/** Meters the event loops of processes that are started with its flag; see `preload.ts` for what is counted. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One turn of a loop that took CPU time, or came late. */
export type LoopTurn = {
  /** When it was over, in milliseconds since the epoch. */
  endedAtMs: number;
  /** CPU time of the loop's thread since the end of the turn before, to the microsecond. */
  cpuMs: number;
  /** Time by the wall since then; the loop may have slept for most of it. */
  wallMs: number;
  /** How much later than due the loop came, by the wall; 0 when nothing was due. */
  lateMs: number;
};

/** Meters the loop of a process that is started with it; its turns are written into the folder, under its id. */
export function loopMeterFlag(folder: string): string {
  const preload = new URL('./preload.ts', import.meta.url);
  preload.searchParams.set('folder', folder);
  return `--import=${preload.href}`;
}

/**
 * The turns of a process that took 5 ms of CPU or came 5 ms late, in order, also when it is gone. `sinceMs` leaves out
 * those that had begun before: what a process does until it is ready delays nobody.
 */
export function readLoopTurns(folder: string, pid: number, sinceMs: number): LoopTurn[] {
  const lines = readFileSync(join(folder, String(pid)), 'utf8')
    .split('\n')
    .slice(0, -1);
  return lines
    .map((line) => {
      const [endedAtMs = 0, cpuMs = 0, wallMs = 0, lateMs = 0] = line.split(' ').map(Number);
      return { endedAtMs, cpuMs, wallMs, lateMs };
    })
    .filter(({ endedAtMs, wallMs }) => endedAtMs - wallMs >= sinceMs);
}

export type IdleLoop = { pid: number; loopTurns(): LoopTurn[]; stop(): Promise<void> };

/** Says that it is up, and ends with whoever started it. */
const idleScript = `setInterval(() => {}, 1e9);
process.once('disconnect', () => process.exit());
process.send('up');`;

/** A process with nothing to do, metered like the others: how late its loop comes is the machine's doing. */
export async function startIdleLoop(folder: string): Promise<IdleLoop> {
  const child = spawn(process.execPath, [loopMeterFlag(folder), '-e', idleScript], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { PATH: process.env.PATH },
  });
  const { pid = 0 } = child;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const up = new Promise((resolve) => child.once('message', resolve));
  const early = exited.then(() => {
    throw new Error('the idle process ended before it was up');
  });
  await Promise.race([up, early]);
  const upAtMs = Date.now();
  return {
    pid,
    loopTurns: () => readLoopTurns(folder, pid, upAtMs),
    async stop() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
