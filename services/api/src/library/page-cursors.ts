/** Cursors of pages of a ranking: how far the page before went, bound to what was asked for. */
import { createHash } from 'node:crypto';
import { Problem, searchLimits } from '@tintype/contracts';

const tagChars = 11;

export function createPageCursors(asked: readonly unknown[]) {
  const tagOf = (offset: number) =>
    createHash('sha256')
      .update(JSON.stringify([...asked, offset]))
      .digest('base64url')
      .slice(0, tagChars);
  return {
    write: (offset: number): string => `${offset}.${tagOf(offset)}`,
    /** Throws `invalid_request` for a cursor of another search. */
    read(text: string): number {
      const [digits = '', tag] = text.split('.');
      const offset = /^\d{1,4}$/.test(digits) ? Number(digits) : -1;
      if (offset >= 0 && offset < searchLimits.deepest && tag === tagOf(offset)) return offset;
      const detail = 'is not of this search: a cursor goes with the words, the colour and the key of its page';
      throw new Problem('invalid_request', {
        detail: `/cursor ${detail}. Begin without one.`,
        errors: [{ pointer: '/cursor', detail }],
      });
    },
  };
}
