/** Cursors of pages: where the next page begins, bound to whose list it is and to what was asked for. */
import { createHash } from 'node:crypto';
import { Problem } from '@tintype/contracts';

const tagChars = 11;

export type Cursors = {
  write(place: string | number): string;
  /** Throws `invalid_request` for a cursor of another list. */
  read(text: string): string;
};

/** A cursor opens nothing, so it is not signed: who forges one sees the own list from another place. */
export function createCursors(asked: readonly unknown[]): Cursors {
  const tagOf = (place: string) =>
    createHash('sha256')
      .update(JSON.stringify([...asked, place]))
      .digest('base64url')
      .slice(0, tagChars);
  return {
    write: (place) => `${place}.${tagOf(String(place))}`,
    read(text) {
      const [place = '', tag] = text.split('.');
      if (tag === tagOf(place)) return place;
      const detail = 'is not of this list: a cursor goes with the key and the words of the page that gave it';
      throw new Problem('invalid_request', {
        detail: `/cursor ${detail}. Begin without one.`,
        errors: [{ pointer: '/cursor', detail }],
      });
    },
  };
}
