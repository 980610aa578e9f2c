/** Entity tags (RFC 9110 section 8.8.3): made from what is answered, and found in what a client sends back. */
import { createHash, hash } from 'node:crypto';

/** 132 bits of the sha256. */
const tagChars = 22;

/** Stands for a text: characters of its sha256. */
export function tagOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, tagChars);
}

/** The same of a text that is handed in piece by piece, in UTF-8. */
export function startTag(): { add(piece: Buffer): void; end(): string } {
  const growing = createHash('sha256');
  return {
    add: (piece) => void growing.update(piece),
    end: () => growing.digest('base64url').slice(0, tagChars),
  };
}

/** The tags of an `If-Match` or `If-None-Match` header with their quotes, weak ones like strong ones; `*` stays. */
export function tagsIn(header: string): string[] {
  return header.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
}

/** Whether an If-None-Match header names this tag (weak comparison, RFC 9110 section 13.1.2). */
export function matchesEtag(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  const bare = etag.replace(/^W\//, '');
  return tagsIn(header).some((tag) => tag === '*' || tag === bare);
}
