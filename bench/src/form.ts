/** A multipart body (RFC 7578) with one file. */
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';

/** The pieces of the file are sent as they are, never joined. */
export function formOf(file: readonly Buffer[]): { headers: Record<string, string>; body: Readable } {
  const boundary = `tintype-${randomUUID()}`;
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="picture"\r\n\r\n`;
  const pieces = [Buffer.from(head), ...file, Buffer.from(`\r\n--${boundary}--\r\n`)];
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'content-length': String(bytes) };
  return { headers, body: Readable.from(pieces, { objectMode: false }) };
}
