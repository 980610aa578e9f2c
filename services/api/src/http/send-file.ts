/** Answers with a thumbnail's bytes: strong ETag, 304, one byte range, cached for good, and inert in a browser. */
import { type OutputFormat, Problem } from '@tintype/contracts';
import type { JobRecord } from '@tintype/jobs';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ThumbnailFile } from '../thumbnails/thumbnails.ts';

/** The content type follows from our own encoder, never from what a source claimed. */
const contentTypes: Record<OutputFormat, string> = {
  jpeg: 'image/jpeg',
  webp: 'image/webp',
  png: 'image/png',
  avif: 'image/avif',
};

/** A year, which is what `immutable` needs at most (RFC 8246); never longer than the file lives. */
const longestCacheSeconds = 31_536_000;

export type SendFileOptions = {
  record: JobRecord;
  /** Whether shared caches may keep it: not when a key was needed to read it. */
  shared: boolean;
};

/** RFC 9110 conditional and range requests on immutable bytes. */
export function sendFile(
  request: FastifyRequest,
  reply: FastifyReply,
  { rendition, bytes }: ThumbnailFile,
  { record, shared }: SendFileOptions,
): FastifyReply {
  const etag = `"${rendition.sha256}"`;
  const lifeSeconds = Math.max(0, Math.floor((record.data.expiresAtMs - Date.now()) / 1000));
  reply.headers({
    etag,
    'cache-control': `${shared ? 'public' : 'private'}, max-age=${Math.min(lifeSeconds, longestCacheSeconds)}, immutable`,
    'accept-ranges': 'bytes',
    'content-security-policy': "default-src 'none'; sandbox",
    // Pages of others may show it: that is what it is for.
    'cross-origin-resource-policy': 'cross-origin',
    'content-disposition': `inline; filename="${record.id}.${rendition.format}"`,
  });
  if (matchesEtag(request.headers['if-none-match'], etag)) return reply.code(304).send();
  reply.type(contentTypes[rendition.format]);
  const ifRange = request.headers['if-range'];
  // Ranges are defined for GET alone (RFC 9110 section 14.2).
  const mayBePart = request.method === 'GET' && (ifRange === undefined || ifRange === etag);
  const range = mayBePart ? request.headers.range : undefined;
  const part = range === undefined ? 'whole' : parseRange(range, bytes.length);
  if (part === 'whole') return reply.send(bytes);
  if (part === 'outside') {
    reply.removeHeader('etag').header('content-range', `bytes */${bytes.length}`);
    throw new Problem('range_not_satisfiable');
  }
  reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${bytes.length}`);
  return reply.send(bytes.subarray(part.start, part.end + 1));
}

/** Whether an If-None-Match header names this tag (weak comparison, RFC 9110 section 13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = etag.replace(/^W\//, '');
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === bare);
}

type ByteRange = { start: number; end: number };

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
