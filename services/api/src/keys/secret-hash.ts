/** Secrets of keys as they are kept and compared: 256 random bits need no slow hash, since nobody can try them out. */
import { createHash } from 'node:crypto';

/** 32 bytes. */
export function hashOfSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
