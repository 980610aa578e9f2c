/** Processes of the peers: started without our environment, killed with everything below them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readTree } from '@tintype/testkit';
import { request } from 'undici';

/** Where their programs are. */
export const peersFolder = fileURLToPath(new URL('../../peers', import.meta.url));

export type PeerProcess = {
  pid: number;
  stdin: Writable;
  stdout: Readable;
  /** What it wrote to standard error, line by line. */
  log: string[];
  /** Whether it has ended. */
  hasEnded(): boolean;
  /** SIGTERM, after some seconds SIGKILL for what is left; resolves when it is gone. */
  stop(): Promise<void>;
};

const stopGraceMs = 5000;
const readyWithinMs = 30_000;
const lookIntervalMs = 100;

export function startPeerProcess(command: readonly string[], env: Record<string, string> = {}): PeerProcess {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: peersFolder,
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const log: string[] = [];
  child.on('error', (err) => log.push(String(err)));
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(...text.trimEnd().split('\n')));
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const { pid = 0, stdin, stdout } = child;
  return {
    ...{ pid, stdin, stdout, log, hasEnded },
    async stop() {
      if (hasEnded()) return;
      const exited = once(child, 'exit');
      const family = readTree([pid]);
      child.kill('SIGTERM');
      await Promise.race([exited, sleep(stopGraceMs, null, { ref: false })]);
      if (hasEnded()) return;
      for (const member of family) killIfThere(member.pid);
      await exited;
    },
  };
}

/** Polls until it answers; rejects with the last words of a process that has ended before. */
export async function untilAnswering(url: string, processes: readonly PeerProcess[]): Promise<void> {
  const startMs = performance.now();
  while (!(await answers(url))) {
    const gone = processes.find(({ hasEnded }) => hasEnded());
    if (gone) throw new Error(`a peer ended before it was ready:\n${gone.log.slice(-10).join('\n')}`);
    if (performance.now() - startMs > readyWithinMs) throw new Error(`no answer from ${url}`);
    await sleep(lookIntervalMs);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const { statusCode, body } = await request(url);
    await body.dump();
    return statusCode < 500;
  } catch {
    return false;
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ended in the meantime
  }
}
