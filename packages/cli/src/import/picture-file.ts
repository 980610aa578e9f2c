/** One file on the disk: whether it is a picture, and which one. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { acceptedFormats, isFields, signatureBytes, sniffFormat } from '@tintype/contracts';
import { type Failure, UnreadableFile } from './refusals.ts';

/** As much of a file as tells whether it has been changed. Throws `UnreadableFile`. */
export async function stampOf(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path).catch(refuse);
  return `${size}.${mtimeMs}`;
}

/** Null for a picture that may be sent, by its first bytes. Throws `UnreadableFile`. */
export async function whyNoPicture(path: string): Promise<Failure | null> {
  const file = await open(path).catch(refuse);
  try {
    const head = Buffer.alloc(signatureBytes);
    const { bytesRead } = await file.read(head, 0, signatureBytes, 0).catch(refuse);
    const format = sniffFormat(head.subarray(0, bytesRead));
    // Of camera raw and HEIC the API says whether it takes them.
    if (format === 'raw' || acceptedFormats.some((accepted) => accepted === format)) return null;
    if (format === null) return { code: 'not_an_image', detail: 'Its first bytes are not those of a picture.' };
    return { code: 'unsupported_format', detail: `It is ${format}, which is not taken.` };
  } finally {
    await file.close();
  }
}

/** In hex. Throws `UnreadableFile`. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash, { signal }).catch((err) => {
    signal.throwIfAborted();
    return refuse(err);
  });
  return hash.digest('hex');
}

function refuse(err: unknown): never {
  const code = isFields(err) && typeof err.code === 'string' ? err.code : 'unknown';
  throw new UnreadableFile(code === 'ENOENT' ? 'It is not there.' : `It cannot be read (${code}).`, { cause: err });
}
