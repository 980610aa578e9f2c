/** Starts a disposable child: no environment, no descriptors but its pipes, nothing in reach, limits of the kernel. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type CodeCache, createCodeCache, type KeptCode } from './code-cache.ts';
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
  /** All of the child's environment, besides its cache of code. */
  env: Record<string, string>;
  /** None: each child compiles its code anew. */
  codeCache?: Pick<CodeCache, 'kept'> | undefined;
};

/** Built or not: the child runs as its parent does. The build puts it into one file. */
const extension = extname(fileURLToPath(import.meta.url));
const mainModule = fileURLToPath(
  new URL(extension === '.ts' ? './child-main.ts' : './child-main.cjs', import.meta.url),
);

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
  { dataBytes, cpuSeconds, confinement, env, codeCache }: ChildLaunch,
  entry = mainModule,
): () => Child {
  const data = dataBytes === null ? 'none' : String(Math.ceil(dataBytes / 1024));
  const codeFolder = dirname(dirname(mainModule));
  const code = [...codeFilesOf(dirname(codeFolder), basename(codeFolder)), entry];
  const argsWith = (kept: KeptCode | null) => {
    const readable = kept === null ? code : [...code, kept.folder];
    const main = kept === null || entry !== mainModule ? entry : kept.entry;
    const options = [...permissions(readable, kept?.folder ?? null), ...codeOptions];
    const command = confine(confinement, [process.execPath, ...options, main], readable);
    return ['-c', wrapper, 'sh', String(cpuSeconds), data, ...command];
  };
  let started: { kept: KeptCode | null; args: string[] } | null = null;
  return () => {
    const kept = codeCache?.kept() ?? null;
    if (started?.kept !== kept) started = { kept, args: argsWith(kept) };
    const ownEnv = kept === null ? env : { ...env, NODE_COMPILE_CACHE: kept.folder };
    return spawn('/bin/sh', started.args, { cwd: '/', env: ownEnv, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  };
}

/** The cache of the code of such children, of this worker alone. */
export function createChildCodeCache(): CodeCache {
  return createCodeCache(mainModule, codeOptions);
}

/**
 * How the child's modules are found and read, and when they are optimised: a child that does that beside its work is mostly
 * gone before it has anything of it, and has paid for it.
 */
const codeOptions = [
  '--no-warnings',
  '--conditions=plain',
  '--no-concurrent-recompilation',
  ...(extension === '.ts' ? ['--conditions=source'] : []),
];

/**
 * Node opens a cache of code only where it may write too. What is written there no other process reads but children of
 * this worker; the kernel denies it where it can, and the limit on written files leaves nothing but empty ones.
 */
function permissions(readable: readonly string[], cacheFolder: string | null): string[] {
  return [
    '--permission',
    '--allow-addons',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...(cacheFolder === null ? [] : [`--allow-fs-write=${cacheFolder}`]),
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
