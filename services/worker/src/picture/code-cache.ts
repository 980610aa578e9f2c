/** The code of children in one file, and compiled: one that sees no picture leaves it to those which do. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import { constants, hostname, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type KeptCode = {
  /** A folder of Node's compile cache, of this process alone. */
  folder: string;
  /** The child's main module, in that folder where the services run from sources. */
  entry: string;
};

export type CodeCache = {
  /** Null while there is none yet. Asked first, it is made. */
  kept(): KeptCode | null;
  /** Removes it. */
  remove(): Promise<void>;
};

/** Names the machine too: containers may share a folder, and each has a process 1. */
const namePrefix = `tintype-code-${hostname().replace(/[^\w.]/g, '_')}-`;

/** Removes those in this folder whose workers were killed: nobody else does. */
export async function removeLeftCaches(parent: string): Promise<void> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(namePrefix));
  const left = names.filter((name) => !isAnother(Number(name.slice(namePrefix.length).split('-')[0])));
  await Promise.all(left.map((name) => rm(join(parent, name), { recursive: true, force: true })));
}

/** Whether it is a process that runs and is not this one, which has made none yet. */
function isAnother(pid: number): boolean {
  if (pid === process.pid || !Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    return process.kill(pid, 0);
  } catch (err) {
    return err instanceof Error && 'code' in err && err.code === 'EPERM';
  }
}

/** Pictures are waiting: it is done in what they leave. */
function giveWay(pid: number | undefined): void {
  try {
    if (pid !== undefined) setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch {} // it has ended
}

/**
 * It loads what a child loads, makes a few pictures of its own, and writes down what was compiled by then. Services that were
 * built have their children in one file; those that run from sources get it here.
 */
const fill = `
import { flushCompileCache } from 'node:module';
import { existsSync } from 'node:fs';
const [entry, bundled, folder, bundler] = process.argv.slice(1);
if (bundler !== '') {
  const { bundleChild } = await import(bundler);
  const home = JSON.stringify(entry);
  await bundleChild({ entry, folder, home }).catch(() => undefined);
}
const { warmUpDrawing } = await import(existsSync(bundled) ? bundled : entry);
await warmUpDrawing();
flushCompileCache();
process.kill(process.pid, 'SIGKILL');`;
const fillTimeoutMs = 60_000;

/**
 * For children with these options of Node, whose main module is `entry`. Whatever goes wrong leaves them without: they cost
 * more then, and do the same.
 */
export function createCodeCache(entry: string, nodeOptions: readonly string[], parent = tmpdir()): CodeCache {
  let kept: KeptCode | null = null;
  let filling: Promise<void> | null = null;
  const over = new AbortController();
  const start = async () => {
    await removeLeftCaches(parent);
    // By its real name: Node's permission model looks at that too.
    const folder = await realpath(await mkdtemp(join(parent, `${namePrefix}${process.pid}-`)));
    const bundled = join(folder, 'child-main.cjs');
    const bundler = entry.endsWith('.ts') ? fileURLToPath(new URL('../../build/child-bundle.ts', import.meta.url)) : '';
    const args = [...nodeOptions, '--input-type=module', '--eval', fill, entry, bundled, folder, bundler];
    const options = { env: { NODE_COMPILE_CACHE: folder }, cwd: '/', timeout: fillTimeoutMs, signal: over.signal };
    // It ends itself by a signal, which leaves what it has written and waits for no thread of a decoder.
    const filler = run(process.execPath, args, options);
    giveWay(filler.child.pid);
    await filler.catch(() => undefined);
    kept = { folder, entry: existsSync(bundled) ? bundled : entry };
  };
  return {
    kept() {
      filling ??= start().catch(() => undefined);
      return kept;
    },
    async remove() {
      over.abort();
      await filling;
      if (kept !== null) await rm(kept.folder, { recursive: true, force: true });
    },
  };
}
