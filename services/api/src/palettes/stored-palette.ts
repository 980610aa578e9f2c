/** A palette as it is kept: entries as JSON. Written and read in slices, for it may have megabytes. */
import { addToPalette, emptyPalette, type PreparedPalette } from '@tintype/colour';
import { maxPaletteFields, PaletteEntry, Problem, readStored } from '@tintype/contracts';
import type { LongWork } from '@tintype/runtime';
import { startTag } from '../http/etags.ts';
import { inPieces, inSlices } from '../http/turns.ts';
import { jsonItems } from './json-items.ts';
import { paletteTag } from './named-palette.ts';

/** CSV names each column once, JSON in every colour. */
const maxStoredChars = 8 * 1024 * 1024;
/** So much is hashed at once. */
const pieceBytes = 256 * 1024;
/** What is kept has been checked for size when it came in. */
const noLimits = { maxChars: Number.POSITIVE_INFINITY, maxDepth: Number.POSITIVE_INFINITY };

/**
 * The body that is kept, with colours in small letters, and the palette's tag. Throws `payload_too_large`, and `invalid_option`
 * when the colours have too many different fields.
 */
export async function writePalette(
  entries: readonly PaletteEntry[],
  work: LongWork,
): Promise<{ body: Buffer; etag: string }> {
  const tag = startTag();
  const pieces: Buffer[] = [];
  for await (const text of inPieces(textsOf(entries), work)) {
    const piece = Buffer.from(text);
    tag.add(piece);
    pieces.push(piece);
  }
  if (work.isDue()) await work.rest();
  return { body: Buffer.concat(pieces), etag: paletteTag(tag.end(), entries.length) };
}

function* textsOf(entries: readonly PaletteEntry[]): Generator<string, void> {
  const fields = new Set(['name', 'hex']);
  let chars = 0;
  yield '[';
  for (const entry of entries) {
    for (const field of Object.keys(entry)) fields.add(field);
    if (fields.size > 2 + maxPaletteFields) throw tooManyFields();
    const text = JSON.stringify({ ...entry, hex: entry.hex.toLowerCase() });
    yield chars === 0 ? text : `,${text}`;
    chars += text.length + 1;
    if (chars > maxStoredChars) throw tooLong();
  }
  yield ']';
}

function tooManyFields(): Problem {
  const detail = `must not have more than ${maxPaletteFields} different fields beside name and hex in all its colours`;
  return new Problem('invalid_option', {
    detail: `The palette ${detail}; give what differs from colour to colour as a value, not as the name of a field.`,
    errors: [{ pointer: '', detail }],
  });
}

function tooLong(): Problem {
  return new Problem('payload_too_large', {
    detail: `The palette has more than ${maxStoredChars} characters as JSON; give its columns shorter names.`,
  });
}

/** Ready to be matched, and its tag. Throws `UnreadableRecord` or `NoJsonItems`. */
export async function readPalette(
  body: Buffer,
  work: LongWork,
): Promise<{ prepared: PreparedPalette<PaletteEntry>; etag: string }> {
  const tag = startTag();
  for (let at = 0; at < body.length; at += pieceBytes) {
    if (work.isDue()) await work.rest();
    tag.add(body.subarray(at, at + pieceBytes));
  }
  if (work.isDue()) await work.rest();
  const prepared = emptyPalette<PaletteEntry>();
  await inSlices(jsonItems(body.toString(), noLimits), work, (item) => {
    addToPalette(prepared, readStored(PaletteEntry, item));
  });
  return { prepared, etag: paletteTag(tag.end(), prepared.entries.length) };
}
