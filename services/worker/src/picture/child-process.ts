/** Starts a disposable child: no environment, no descriptors but its pipes, nothing in reach, limits of the kernel. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { codeFilesOf } from './code-files.ts';
import { type Confinement, confine } from './confinement.ts';

export type Child = ChildProcessByStdio<Writable, Readable, Readable>;

export type ChildLaunch = {
  /** Most memory besides what a fresh process has; null where the kernel does not keep such a limit (not Linux). */
  dataBytes: number | null;
  /** Of all threads together: what ends a child that nobody is left to end. */
  cpuSeconds: number;
  /** What the kernel denies it. */
  confinement: Confinement;
  /** All of the child's environment. */
  env: Record<string, string>;
};

/** Compiled or not: the child runs as its parent does. */
const extension = extname(fileURLToPath(import.meta.url));
const mainModule = fileURLToPath(new URL(`./child-main${extension}`, import.meta.url));

/**
 * The shell sets what Node cannot: no core dump, no written files, few descriptors, limits on processor time and memory.
 * RLIMIT_DATA counts every private writable page but the first stack, those of threads too. The address space cannot be
 * limited: V8 sets more of it aside than any machine has. When memory runs out, the kernel ends this process first. Then
 * the shell becomes the child.
 */
const wrapper = `
{
  ulimit -c 0
  ulimit -f 0
  ulimit -n 256
  ulimit -s 8192
  ulimit -t "$1"
  [ "$2" = none ] || ulimit -d "$2"
  echo 1000 >/proc/self/oom_score_adj
} 2>/dev/null
shift 2
exec "$@"`;

/**
 * What starts a child of this kind. A session of its own keeps signals of the terminal away. `env` is all the
 * environment there is. Node's permission model keeps its JavaScript from all files but its own code, and from
 * processes and threads; the confinement does so for code that was smuggled in through a decoder too, where the kernel
 * can. `entry` is another main module, for tests.
 */
export function childStarter(
  { dataBytes, cpuSeconds, confinement, env }: ChildLaunch,
  entry = mainModule,
): () => Child {
  const data = dataBytes === null ? 'none' : String(Math.ceil(dataBytes / 1024));
  const codeFolder = dirname(dirname(mainModule));
  const readable = [...codeFilesOf(dirname(codeFolder), basename(codeFolder)), entry];
  const command = confine(confinement, [process.execPath, ...nodeOptions(readable), entry], readable);
  const args = ['-c', wrapper, 'sh', String(cpuSeconds), data, ...command];
  return () => spawn('/bin/sh', args, { cwd: '/', env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
}

function nodeOptions(readable: string[]): string[] {
  return [
    '--permission',
    '--allow-addons',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    '--no-warnings',
    '--conditions=plain',
    ...(extension === '.ts' ? ['--conditions=source'] : []),
  ];
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
