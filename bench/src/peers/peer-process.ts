/** Processes of the peers: started without our environment, killed with everything below them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';

/** Where their programs are. */
export const peersFolder = fileURLToPath(new URL('../../peers', import.meta.url));

/** Where programs are looked for. */
export const peerPath = '/usr/local/bin:/usr/bin:/bin';

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

/**
 * A server that never reads its input: a watcher in the shell does, and ends it when our end of the pipe is closed,
 * which the kernel does however we end.
 */
const watched = `
exec 3<&0 0</dev/null
(
  exec >/dev/null 2>&1
  trap '' HUP INT TERM
  while read -r line; do :; done <&3
  kill -TERM $$ || exit
  sleep 5
  kill -KILL -$$
) &
exec "$@" 3<&-
`;

const stopGraceMs = 5000;
const readyWithinMs = 30_000;
const lookIntervalMs = 100;

/** A server of a peer: it ends with us. */
export function startPeerServer(command: readonly string[], env: Record<string, string> = {}): PeerProcess {
  return startPeerProcess(['/bin/sh', '-c', watched, 'sh', ...command], env);
}

/** A program that reads its input and ends when that ends. */
export function startPeerProcess(command: readonly string[], env: Record<string, string> = {}): PeerProcess {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd: peersFolder,
    env: { PATH: peerPath, LANG: 'C.UTF-8', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true, // a process group of its own, which can be killed as a whole; Ctrl-C reaches us alone
  });
  const log: string[] = [];
  child.on('error', (err) => log.push(String(err)));
  child.stdin.on('error', () => undefined); // it has ended before us: who asks it for something is told
  child.once('exit', () => child.stdin.destroy());
  child.stderr.setEncoding('utf8').on('data', (text: string) => log.push(...text.trimEnd().split('\n')));
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const { pid = 0, stdin, stdout } = child;
  return {
    ...{ pid, stdin, stdout, log, hasEnded },
    async stop() {
      if (hasEnded()) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await Promise.race([exited, sleep(stopGraceMs, null, { ref: false })]);
      if (hasEnded()) return;
      process.kill(-pid, 'SIGKILL');
      await exited;
    },
  };
}

/** Polls until it answers; rejects with the end of what a process has printed that has ended before. */
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
