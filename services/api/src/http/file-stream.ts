/** A part of a stored file as a stream that holds one piece of it at a time, and the file open no longer than it lives. */
import type { Readable } from 'node:stream';
import { Problem } from '@tintype/contracts';
import { pulledStream } from './pulled-stream.ts';
import type { ByteRange, OpenFile, StoredFile } from './send-file.ts';

/** Resolves once the first piece is there: what cannot be read is known before anything of it is passed on. */
export async function streamFile({ open }: Pick<StoredFile, 'open'>, { start, end }: ByteRange): Promise<Readable> {
  const file = await open();
  let at = start;
  const next = async (): Promise<Buffer | null> => {
    if (at > end) return null;
    const piece = await file.read(at, end);
    at += piece.length;
    return piece;
  };
  let first: Buffer | null = await next().catch((err) => closeAndThrow(file, err));
  return pulledStream({
    next() {
      if (first === null) return next();
      const piece = first;
      first = null; // what is passed on is let go: a stream may last for minutes
      return Promise.resolve(piece);
    },
    close: () => file.close(),
  });
}

async function closeAndThrow(file: OpenFile, err: unknown): Promise<never> {
  await file.close();
  throw new Problem('dependency_unavailable', { detail: 'The storage does not answer.', cause: err });
}
