/** Answers with a picture's bytes: strong ETag, 304, one byte range, cached for good, and inert in a browser. */
import { Readable } from 'node:stream';
import { type OutputFormat, Problem } from '@tintype/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { matchesEtag } from './etags.ts';
import { streamFile } from './file-stream.ts';

/** A file as its record knows it; its bytes are read when they are sent, and not before. */
export type StoredFile = {
  sha256: string;
  bytes: number;
  format: OutputFormat;
  /** What a browser calls it when it is saved. */
  filename: string;
  /** How long it is there. */
  lifeMs: number;
  /** For how long an answer may be kept whose address may come to show another file; the others for good. */
  keepMs?: number;
  /** All of it. Throws a Problem when the bytes cannot be had, as do the others. */
  read(): Promise<Buffer>;
  /** For reading it piece by piece. */
  open(): Promise<OpenFile>;
  /** For an answer that is to begin before this file is read. */
  requireThere(): Promise<void>;
};

/** The first and the last byte, from 0. */
export type ByteRange = { start: number; end: number };

export type OpenFile = {
  /** The first piece of such a part, when it is its turn; it has a byte at least. */
  read(start: number, end: number): Promise<Buffer>;
  /** The same in base64, and how many bytes that is: whole triples unless it is the last piece. */
  readBase64(start: number, end: number): Promise<{ text: string; bytes: number }>;
  close(): Promise<void>;
};

/** The content type follows from our own encoder, never from what a source claimed. */
const contentTypes: Record<OutputFormat, string> = {
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  png: 'image/png',
  avif: 'image/avif',
};

/** Largest file that is read at once, which is cheaper; it holds no more than a stream is counted for. */
const wholeBytes = 192 * 1024;

/** A year, which is what `immutable` needs at most (RFC 8246); never longer than the file lives. */
const longestCacheSeconds = 31_536_000;

/**
 * RFC 9110 conditional and range requests on immutable bytes. Whoever has them already, asks for the headers alone, or
 * for a part that is not there, costs no look at the storage. `shared`: whether shared caches may keep the file, which
 * they may not when a key was needed to read it.
 */
export async function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  file: StoredFile,
  shared: boolean,
): Promise<FastifyReply> {
  const etag = `"${file.sha256}"`;
  const asked = askedFor(request, etag, file.bytes);
  const range = asked === 'whole' ? { start: 0, end: file.bytes - 1 } : typeof asked === 'object' ? asked : null;
  const body = range && (await bodyOf(file, range));
  reply.headers(headersOf(file, etag, shared));
  if (asked === 'unchanged') return reply.code(304).send();
  reply.type(contentTypes[file.format]);
  if (asked === 'outside') {
    reply.removeHeader('etag').header('content-range', `bytes */${file.bytes}`);
    throw new Problem('range_not_satisfiable');
  }
  // Fastify's HEAD routes leave the length as it is told where the body is a stream; of no body they say 0.
  if (range === null) return reply.header('content-length', file.bytes).send(Readable.from([]));
  const { start, end } = range;
  if (typeof asked === 'object') reply.code(206).header('content-range', `bytes ${start}-${end}/${file.bytes}`);
  return reply.header('content-length', end + 1 - start).send(body);
}

/** Nearly every thumbnail is small, and then one read of the whole is the cheapest. */
async function bodyOf(file: StoredFile, range: ByteRange): Promise<Buffer | Readable> {
  if (file.bytes > wholeBytes) return streamFile(file, range);
  const bytes = await file.read();
  if (bytes.length !== file.bytes) throw new Problem('dependency_unavailable', { detail: 'The file is damaged.' });
  return bytes.subarray(range.start, range.end + 1);
}

function headersOf({ lifeMs, keepMs, filename }: StoredFile, etag: string, shared: boolean) {
  const lifeSeconds = Math.max(0, Math.floor(Math.min(lifeMs, keepMs ?? lifeMs) / 1000));
  const kept = `${shared ? 'public' : 'private'}, max-age=${Math.min(lifeSeconds, longestCacheSeconds)}`;
  return {
    etag,
    'cache-control': keepMs === undefined ? `${kept}, immutable` : kept,
    'accept-ranges': 'bytes',
    'content-security-policy': "default-src 'none'; sandbox",
    // Pages of others may show it: that is what it is for.
    'cross-origin-resource-policy': 'cross-origin',
    'content-disposition': `inline; filename="${filename}"`,
  };
}

function askedFor(
  { method, headers }: FastifyRequest,
  etag: string,
  length: number,
): 'unchanged' | 'headers' | 'whole' | 'outside' | ByteRange {
  if (matchesEtag(headers['if-none-match'], etag)) return 'unchanged';
  // Ranges are defined for GET alone (RFC 9110 section 14.2).
  if (method === 'HEAD') return 'headers';
  const { range, 'if-range': ifRange } = headers;
  return range === undefined || (ifRange !== undefined && ifRange !== etag) ? 'whole' : parseRange(range, length);
}

/** One byte range; several, or a unit we do not know, are answered whole, as RFC 9110 section 14.2 allows. */
export function parseRange(header: string, length: number): ByteRange | 'whole' | 'outside' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  const [, first = '', last = ''] = match ?? [];
  if (match === null || (first === '' && last === '')) return 'whole';
  const start = first === '' ? Math.max(0, length - Number(last)) : Number(first);
  const end = first === '' || last === '' ? length - 1 : Math.min(Number(last), length - 1);
  if (first !== '' && last !== '' && Number(last) < Number(first)) return 'whole';
  return start >= length || end < start ? 'outside' : { start, end };
}
