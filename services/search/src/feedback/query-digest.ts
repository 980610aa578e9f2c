/** What queries are told apart by in the database: the same for the same words in another order. */
import { createHash } from 'node:crypto';
import { queryKey } from '../ranking/query.ts';

/** 132 bits. */
const digestChars = 22;

/** Null for a text without a word, on which there is nothing to learn. */
export function queryDigest(text: string): string | null {
  const key = queryKey(text);
  return key === '' ? null : createHash('sha256').update(key).digest('base64url').slice(0, digestChars);
}
