/** Compiled code of children: one that sees no picture leaves its own, so that those which do need not compile theirs. */
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { constants, hostname, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export type CodeCache = {
  /** A folder of Node's compile cache, of this process alone; null while there is none yet. Asked first, it is filled. */
  folder(): string | null;
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

/** It loads what a child loads, makes a few pictures of its own, and writes down what was compiled by then. */
const fill = `
import { flushCompileCache } from 'node:module';
const [childMain, picture] = process.argv.slice(1);
await import(childMain);
const { warmUpPicture } = await import(picture);
await warmUpPicture();
flushCompileCache();
process.kill(process.pid, 'SIGKILL');`;
const fillTimeoutMs = 60_000;

/**
 * For children with these options of Node, whose main module is `entry`. Whatever goes wrong leaves them without: they cost
 * more then, and do the same.
 */
export function createCodeCache(entry: string, nodeOptions: readonly string[], parent = tmpdir()): CodeCache {
  let folder: string | null = null;
  let filling: Promise<void> | null = null;
  const over = new AbortController();
  const start = async () => {
    await removeLeftCaches(parent);
    const made = await mkdtemp(join(parent, `${namePrefix}${process.pid}-`));
    const picture = import.meta.resolve('@tintype/picture');
    const args = [...nodeOptions, '--input-type=module', '--eval', fill, entry, picture];
    const options = { env: { NODE_COMPILE_CACHE: made }, cwd: '/', timeout: fillTimeoutMs, signal: over.signal };
    // It ends itself by a signal, which leaves what it has written and waits for no thread of a decoder.
    const filler = run(process.execPath, args, options);
    giveWay(filler.child.pid);
    await filler.catch(() => undefined);
    folder = made;
  };
  return {
    folder() {
      filling ??= start().catch(() => undefined);
      return folder;
    },
    async remove() {
      over.abort();
      await filling;
      if (folder !== null) await rm(folder, { recursive: true, force: true });
    },
  };
}
