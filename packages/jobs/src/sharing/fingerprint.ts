/** Short names for what is equal: 144 bits of a hash over the parts. */
import { createHash } from 'node:crypto';

export function fingerprint(...parts: unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts, inOrder)).digest('base64url').slice(0, 24);
}

/** The order of an object's fields does not count. */
function inOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)));
}
