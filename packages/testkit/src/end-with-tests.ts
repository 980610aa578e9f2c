/** Ends what a test has started and left, whatever became of the test: see also `jest-environment.mjs`. */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/** Where `jest-environment.mjs` finds what is left when the tests of a file are over. */
const key = Symbol.for('tintype.end-with-tests');
type Ends = Set<() => Promise<unknown>>;

/**
 * `end` is called when the tests of this file are over, unless the function that is returned was called before. Outside
 * the test runner nobody calls it.
 */
export function endWithTests(end: () => Promise<unknown>): () => void {
  const ends = endsOfThisFile();
  ends.add(end);
  return () => void ends.delete(end);
}

/** What `start` resolves with, ended with the tests of this file unless its own `stop` was called before. */
export function stoppedWithTests<Started extends { stop(): Promise<void> }>(started: Started): Started {
  const { stop } = started;
  const forget = endWithTests(() => stop());
  return {
    ...started,
    stop: () => {
      forget();
      return stop();
    },
  };
}

function endsOfThisFile(): Ends {
  const known: unknown = Reflect.get(globalThis, key);
  if (known instanceof Set) return known;
  const ends: Ends = new Set();
  Reflect.set(globalThis, key, ends);
  return ends;
}

/**
 * The kernel closes the pipes of whoever has died: a watcher in the shell reads from one, and ends the whole process
 * group with it, also a process that was stopped by SIGSTOP. It is nobody's child, so that tests that count children do
 * not see it, and goes when it is told that the process has ended by itself: what that left behind is for the test to
 * see. The shell itself becomes the program, so the pid is the program's.
 */
const wrapper = `
( (
  exec 3>&- >/dev/null 2>&1
  trap '' HUP INT TERM
  while read -r line; do exit; done <&4
  kill -KILL 0
) & )
exec "$@" 4<&-
`;

/**
 * Spawns a program with an IPC channel in a process group of its own, and ends the group with this process or with the
 * tests of this file.
 */
export function spawnWithTests(command: string, args: readonly string[], options: SpawnOptions): ChildProcess {
  const child = spawn('/bin/sh', ['-c', wrapper, 'sh', command, ...args], {
    ...options,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc', 'pipe'],
  });
  const watcher = child.stdio[4];
  watcher?.on('error', () => undefined); // EPIPE where the whole group was killed at once
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const forget = endWithTests(() => {
    killGroup(child);
    return exited;
  });
  void exited.then(() => {
    forget();
    if (watcher && 'end' in watcher) watcher.end('ended\n');
  });
  return child;
}

/** The number cannot be a stranger's: the watcher is in the group until the child's end is known. */
function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has just ended.
  }
}
