/** The text of a body, which is UTF-8: what else it may be would be kept with other letters than were meant. */
import { isUtf8 } from 'node:buffer';
import { Problem } from '@tintype/contracts';

/** Throws `invalid_request` for bytes that are no UTF-8. */
export function utf8Text(body: Buffer): string {
  if (isUtf8(body)) return body.toString('utf8');
  throw new Problem('invalid_request', { detail: 'The body is not UTF-8: write, or save, it as UTF-8.' });
}
