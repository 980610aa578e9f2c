/** A server as a private child process: out of reach of Ctrl-C, one per data folder, gone with its parent. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { ServerUser } from './server-user.ts';

/** Exit code of the wrapper when another process holds the lock; outside what servers and the shell use themselves. */
export const LOCK_HELD_EXIT_CODE = 97;

/**
 * Node cannot ask the kernel for a signal at the parent's death (prctl), but the kernel closes the parent's pipes: a
 * watcher in the shell reads from one, and ends the server when it ends. The shell itself becomes the server (`exec`),
 * so the child's pid is the server's; no stranger can get that pid while the watcher lives, whose process group it
 * names.
 *
 * The lock is the kernel's (flock on a descriptor that the server inherits), so it never outlives the server. A server
 * that is just ending gets 2 s to let go of it. Without flock (macOS), or on a file system without locks, it is left
 * out. Who has the lock may remove what a killed server has left.
 */
const WRAPPER = `
exec 3<&0 0</dev/null 9>>"$1"
signal=$2
shift 2
tries=20
is_ours=
while command -v flock >/dev/null; do
  flock -n 9
  case $? in
    0) is_ours=yes; break ;;
    1) ;;
    *) break ;;
  esac
  tries=$((tries - 1))
  [ $tries -gt 0 ] || exit ${LOCK_HELD_EXIT_CODE}
  sleep 0.1
done
while [ "$1" != -- ]; do
  [ -z "$is_ours" ] || rm -f -- "$1"
  shift
done
shift
(
  exec 9>&- >/dev/null 2>&1
  trap '' HUP INT TERM
  while read -r line; do :; done <&3
  kill -s "$signal" $$ || exit
  for second in 1 2 3 4 5; do sleep 1; kill -0 $$ || exit; done
  kill -KILL $$
) &
exec "$@" 3<&-
`;

export type PrivateChildOptions = {
  command: string[];
  /** A file that is created when missing and stays; its lock is held as long as the server lives. */
  lockFile: string;
  /** An open file descriptor for what the server prints. */
  output: number;
  /** What asks the server to end; TERM by default. */
  endSignal?: 'TERM' | 'INT' | 'QUIT';
  /** Files of a killed server that would keep the next one from starting: removed under the lock. */
  leftovers?: string[];
  /** Who the server runs as; as whom we run by default. */
  user?: ServerUser | undefined;
  /** Working folder of the server, to which relative paths of these options refer; ours by default. */
  cwd?: string;
};

/** How a child ended: `code` is null when a signal ended it. */
export type ChildEnd = { code: number | null; signal: NodeJS.Signals | null };

export type PrivateChild = {
  pid: number;
  /** Settles when the process is gone; never rejects. */
  ended: Promise<ChildEnd>;
  /** `endSignal`, after `graceMs` SIGKILL; resolves when the process is gone. A second call waits for the first. */
  stop(graceMs: number): Promise<ChildEnd>;
};

/** Starts the command through the wrapper above. Rejects when no process could be made (EAGAIN, no /bin/sh). */
export async function startPrivateChild(options: PrivateChildOptions): Promise<PrivateChild> {
  const { command, lockFile, output, endSignal = 'TERM', leftovers = [], user, cwd } = options;
  const args = ['-c', WRAPPER, 'sh', lockFile, endSignal, ...leftovers, '--', ...command];
  const child = spawn('/bin/sh', args, {
    ...user,
    cwd,
    detached: true, // a session of its own: signals of the terminal reach the parent only, which decides
    stdio: ['pipe', output, output],
  });
  child.stdin?.on('error', () => undefined); // EPIPE when the server ends first: `ended` tells
  const ended = new Promise<ChildEnd>((resolve) => {
    child.once('exit', (code, signal) => {
      child.stdin?.destroy(); // ends the watcher
      resolve({ code, signal });
    });
  });
  const pid = await spawned(child);
  let stopping: Promise<ChildEnd> | undefined;
  const stop = (graceMs: number) => {
    stopping ??= endChild(child, ended, `SIG${endSignal}`, graceMs);
    return stopping;
  };
  return { pid, ended, stop };
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.once('spawn', () => {
      if (child.pid !== undefined) resolve(child.pid);
    });
  });
}

async function endChild(
  child: ChildProcess,
  ended: Promise<ChildEnd>,
  signal: NodeJS.Signals,
  graceMs: number,
): Promise<ChildEnd> {
  child.kill(signal);
  const killTimer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  try {
    return await ended;
  } finally {
    clearTimeout(killTimer);
  }
}
