/** What stands in the note that a job needs a blob: since when, and the bytes that were counted for it. */
import type { LuaPiece } from '@tintype/redis';

/**
 * What is noted of a job that needs the blob: `1 <bytes>`, and of an upload `<time> <bytes> <tenant>`, for its job may
 * never come into being. The bytes are those that were counted; 0.1.0 notes none, and counts none. For Lua:
 * `bytesOfNote(note)`.
 */
export const noteLua: LuaPiece = {
  keys: [],
  lua: `
local function bytesOfNote(note)
  return tonumber(string.match(note or '', '^%d+ (%d+)') or 0)
end`,
};

/** The time in a note that `retainUpload` has made; a small number in others. */
export function timeOfNote(note: string): number {
  return Number(note.split(' ')[0]);
}
