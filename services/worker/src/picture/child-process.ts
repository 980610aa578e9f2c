/** Starts a disposable child: no environment, no descriptors but its pipes, the kernel's limits on memory and time. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export type ChildLimits = {
  /** Most memory besides what a fresh process has; null where the kernel does not keep such a limit (not Linux). */
  dataBytes: number | null;
  /** Of all threads together: what ends a child that nobody is left to end. */
  cpuSeconds: number;
};

/** Compiled or not: the child runs as its parent does. */
const extension = extname(fileURLToPath(import.meta.url));
const entry = fileURLToPath(new URL(`./child-main${extension}`, import.meta.url));

/**
 * The shell sets what Node cannot: no core dump, no written files, limits on processor time and memory. RLIMIT_DATA
 * counts every private writable page, those of threads too. When memory runs out, the kernel ends this process first.
 * Then the shell becomes the child.
 */
const wrapper = `
{
  ulimit -c 0
  ulimit -f 0
  ulimit -t "$1"
  [ "$2" = none ] || ulimit -d "$2"
  echo 1000 >/proc/self/oom_score_adj
} 2>/dev/null
shift 2
exec "$@"`;

/**
 * A session of its own keeps signals of the terminal away. `env` is all the environment there is. The permission model
 * denies its JavaScript all files but its own code, processes and threads. It cannot hold code that was smuggled in
 * through a decoder: that is why limits and emptiness come first.
 */
export function startChild(limits: ChildLimits, env: Record<string, string>): Child {
  const data = limits.dataBytes === null ? 'none' : String(Math.ceil(limits.dataBytes / 1024));
  const node = [process.execPath, ...nodeOptions(), entry];
  return spawn('/bin/sh', ['-c', wrapper, 'sh', String(limits.cpuSeconds), data, ...node], {
    cwd: '/',
    env,
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

function nodeOptions(): string[] {
  return [
    '--permission',
    '--allow-addons',
    `--allow-fs-read=${codeFolder()}`,
    '--no-warnings',
    ...(extension === '.ts' ? ['--conditions=source'] : []),
  ];
}

/** The topmost folder above this file that has dependencies: what the child must be able to read. */
function codeFolder(): string {
  let found = dirname(entry);
  for (let folder = found; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'node_modules'))) found = folder;
  }
  return found;
}

/**
 * Bytes that the kernel counts for a process like this one before it has done anything; null where it does not count.
 * Ask when everything is loaded and warm: a child loads less, so it has at least what it is given beyond this.
 */
export function ownDataBytes(): number | null {
  try {
    const kilobytes = /^VmData:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1];
    return kilobytes === undefined ? null : Number(kilobytes) * 1024;
  } catch {
    return null;
  }
}
