/** A small disk of its own for the blob store, which can be filled to the last byte: a tmpfs mount. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, open, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

export type SmallDisk = {
  folder: string;
  /** Keeps the disk full for so long, then frees what it had taken. */
  beFullFor(ms: number): Promise<void>;
  remove(): Promise<void>;
};

/** Mounts one; rejects where this process may not mount. */
export async function mountSmallDisk(megabytes: number): Promise<SmallDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'tintype-disk-'));
  const run = promisify(execFile);
  try {
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder]);
  } catch (err) {
    await rm(folder, { recursive: true, force: true });
    throw err;
  }
  // A run that is broken off leaves no mount behind.
  const unmountAtExit = () => void spawnSync('umount', ['--lazy', folder]);
  process.once('exit', unmountAtExit);
  return {
    folder,
    async beFullFor(ms) {
      const path = join(folder, 'filler');
      const filler = await open(path, 'w');
      try {
        // Again and again: what others remove meanwhile would make room.
        for (const deadline = Date.now() + ms; Date.now() < deadline; await sleep(10)) await fill(filler, folder);
      } finally {
        await filler.close();
        await rm(path);
      }
    },
    async remove() {
      await run('umount', [folder]);
      process.off('exit', unmountAtExit);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function fill(file: { appendFile(bytes: Buffer): Promise<void> }, folder: string): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  // Others write at the same time: whoever comes last finds no room, and that is the point.
  await file.appendFile(Buffer.alloc(bavail * bsize)).catch(() => undefined);
}
