/** The blob store on a disk: written to a temporary name, renamed when whole and safe from a power cut, in 256 folders. */
import { createHash, randomUUID } from 'node:crypto';
import {
  access,
  constants,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  statfs,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import { Problem, signatureBytes } from '@tintype/contracts';
import {
  BlobMissing,
  type BlobStore,
  type FreeSpace,
  type IncomingBlob,
  type OpenBlob,
  type ReceiveOptions,
} from './blob-store.ts';
import { makeFolder } from './make-folder.ts';

/** A store in the given folder, made when it is not there. The folder may be shared by processes and machines. */
export function createDiskStore(folder: string): BlobStore {
  const incoming = join(folder, 'incoming');
  makeFolder(incoming);
  // 256 are soon all there. With 65 536 nearly every file would be the first of its folder, and cost three more calls.
  const folderOf = (sha256: string) => join(folder, sha256.slice(0, 2));
  const pathOf = (sha256: string) => join(folderOf(sha256), sha256);
  const moveIn = async (temporary: string, sha256: string) => {
    try {
      await rename(temporary, pathOf(sha256));
    } catch (err) {
      if (!isMissing(err)) throw err;
      await mkdir(folderOf(sha256), { recursive: true });
      await rename(temporary, pathOf(sha256));
    }
  };
  return {
    async receive(source, options) {
      const temporary = join(incoming, randomUUID());
      const received = await writeTo(temporary, source, options).catch(async (err) => {
        await rm(temporary, { force: true });
        throw err;
      });
      return incomingBlob(temporary, received, moveIn);
    },
    async put(sha256, bytes) {
      const temporary = join(incoming, randomUUID());
      try {
        // Flushed: after a power cut the name would else be there without its bytes.
        await writeFile(temporary, bytes, { flush: true });
        await moveIn(temporary, sha256);
      } catch (err) {
        await rm(temporary, { force: true });
        throw err;
      }
    },
    read: (sha256) => readFile(pathOf(sha256)).catch((err) => failReading(err, sha256)),
    open: (sha256) => open(pathOf(sha256)).then(openBlob, (err) => failReading(err, sha256)),
    async size(sha256) {
      try {
        return (await stat(pathOf(sha256))).size;
      } catch (err) {
        if (isMissing(err)) return null;
        throw err;
      }
    },
    async erase(sha256, isUnneeded = async () => true) {
      const temporary = join(incoming, randomUUID());
      if (!(await moveOut(pathOf(sha256), temporary))) return;
      await eraseOrPutBack(temporary, isUnneeded, () => moveIn(temporary, sha256));
    },
    list: () => listBlobs(folder),
    freeSpace: () => spaceOf(folder),
    tidy: (olderThanMs) => removeOlderThan(olderThanMs, incoming),
    check: () => access(incoming, constants.R_OK | constants.W_OK),
  };
}

function failReading(err: unknown, sha256: string): never {
  throw isMissing(err) ? new BlobMissing(`no blob ${sha256}`) : err;
}

function openBlob(file: FileHandle): OpenBlob {
  return {
    async readInto(into, start) {
      const { bytesRead } = await file.read(into, 0, into.length, start);
      if (bytesRead === 0) throw new Error(`the file ends before byte ${start}`);
      return bytesRead;
    },
    close: () => file.close(),
  };
}

/** Of the disk that the folder is on. */
async function spaceOf(folder: string): Promise<FreeSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** False when it is not there. */
async function moveOut(path: string, temporary: string): Promise<boolean> {
  try {
    await rename(path, temporary);
    return true;
  } catch (err) {
    if (isMissing(err)) return false;
    throw err;
  }
}

async function eraseOrPutBack(
  temporary: string,
  isUnneeded: () => Promise<boolean>,
  putBack: () => Promise<void>,
): Promise<void> {
  const isErased = await isUnneeded().catch(async (err) => {
    await putBack();
    throw err;
  });
  await (isErased ? rm(temporary, { force: true }) : putBack());
}

/** One folder of 256 at a time; what goes away meanwhile is passed over. */
async function* listBlobs(folder: string): AsyncIterable<{ sha256: string; changedAtMs: number }> {
  for (const prefix of await readdir(folder)) {
    if (!/^[0-9a-f]{2}$/.test(prefix)) continue;
    for (const sha256 of await readdir(join(folder, prefix))) {
      const found = await stat(join(folder, prefix, sha256)).catch(() => null);
      if (found && /^[0-9a-f]{64}$/.test(sha256)) yield { sha256, changedAtMs: found.ctimeMs };
    }
  }
}

/** By this machine's clock, as file times are. A file that is being erased is as old as its move to this folder. */
async function removeOlderThan(ageMs: number, folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { ctimeMs } = await stat(path).catch(() => ({ ctimeMs: Date.now() }));
    if (Date.now() - ctimeMs > ageMs) await rm(path, { force: true });
  }
}

type Received = { sha256: string; bytes: number };

function incomingBlob(
  temporary: string,
  { sha256, bytes }: Received,
  moveIn: (temporary: string, sha256: string) => Promise<void>,
): IncomingBlob {
  return {
    sha256,
    bytes,
    commit: () => moveIn(temporary, sha256),
    discard: () => rm(temporary, { force: true }),
  };
}

/** Writes the stream chunk by chunk, so that memory stays flat whatever the size. */
async function writeTo(
  path: string,
  source: AsyncIterable<Uint8Array>,
  { maxBytes, inspectHead }: ReceiveOptions,
): Promise<Received> {
  const hash = createHash('sha256');
  const head = createHeadInspector(inspectHead);
  let bytes = 0;
  const file = await open(path, 'wx');
  try {
    for await (const chunk of source) {
      head.take(chunk);
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      hash.update(chunk);
      await writeWhole(file, chunk);
    }
    head.end();
    await file.datasync(); // as in `put`
  } finally {
    await file.close();
  }
  return { sha256: hash.digest('hex'), bytes };
}

function tooLarge(maxBytes: number): Problem {
  return new Problem('payload_too_large', { detail: `The file has more than ${maxBytes} bytes.` });
}

async function writeWhole(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let written = 0; written < chunk.length; ) {
    const { bytesWritten } = await file.write(chunk, written);
    written += bytesWritten;
  }
}

/** Gathers the first bytes over however many chunks they come in and shows them once. */
function createHeadInspector(inspect: ((head: Buffer) => void) | undefined) {
  let head: Buffer | null = Buffer.alloc(0);
  const show = () => {
    if (head !== null) inspect?.(head);
    head = null;
  };
  return {
    take(chunk: Uint8Array): void {
      if (head === null) return;
      head = Buffer.concat([head, chunk.subarray(0, signatureBytes - head.length)]);
      if (head.length >= signatureBytes) show();
    },
    end: show,
  };
}

function isMissing(err: unknown): boolean {
  return typeof err === 'object' && err !== null && 'code' in err && err.code === 'ENOENT';
}
