/** Short names for what is equal: 144 bits of a hash over the parts. */
import { createHash } from 'node:crypto';
import type { RenditionOptions } from '@tintype/contracts';

export function fingerprint(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 24);
}

/** What decides about the thumbnail of given bytes: a new option that changes the picture belongs here. */
export function renditionParts({ width, height, fit, format, quality, background }: RenditionOptions): unknown[] {
  return [width, height, fit, format, quality ?? '', background ?? ''];
}
