/** Cursors of pages of items: each is bound to the tenant whose page gave it. */
import { createHash } from 'node:crypto';
import { isThumbnailId, Problem } from '@tintype/contracts';

const tagChars = 11;

/** A cursor opens nothing, so it is not signed: who forges one sees the own items from another place. */
export function createItemCursors(tenant: string) {
  const tagOf = (id: string) => createHash('sha256').update(`${tenant}\n${id}`).digest('base64url').slice(0, tagChars);
  return {
    write: (id: string): string => `${id}.${tagOf(id)}`,
    /** Throws `invalid_request` for a cursor of another list. */
    read(text: string): string {
      const [id = '', tag] = text.split('.');
      if (isThumbnailId(id) && tag === tagOf(id)) return id;
      const detail = 'is not of this list: a cursor goes with the key of the page that gave it';
      throw new Problem('invalid_request', {
        detail: `/cursor ${detail}. Begin without one.`,
        errors: [{ pointer: '/cursor', detail }],
      });
    },
  };
}
