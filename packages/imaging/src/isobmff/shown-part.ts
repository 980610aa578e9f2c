/** The part of a HEIF picture that is shown: `clap`, ISO/IEC 14496-12, 12.1.4. */
import { insideOf, NumberReader } from './boxes.ts';
import type { Item } from './items.ts';

export type Part = { left: number; top: number; width: number; height: number };

/**
 * Among the pixels of the whole picture after all its other transformations, in their order (ISO/IEC 23008-12, 6.5.10 and
 * 6.5.12). Null where all of it is shown, and where that cannot be told: of no size, of two parts, of a part that lies outside.
 */
export function shownPartOf({ properties }: Item): Part | null {
  const extents = new NumberReader(insideOf(properties, 'ispe'), 4);
  let whole = { width: extents.next(4), height: extents.next(4) };
  let part: Part | null = null;
  for (const { type, inside } of properties) {
    const [value = 0] = inside;
    if (type === 'clap') {
      if (part) return null;
      part = partOf(inside, whole);
      if (!part) return null;
    }
    if (type === 'imir') part = part && mirrored(part, whole, value % 2);
    for (let turns = type === 'irot' ? value % 4 : 0; turns > 0; turns -= 1) {
      part = part && turned(part, whole);
      whole = { width: whole.height, height: whole.width };
    }
  }
  return part;
}

type Whole = Pick<Part, 'width' | 'height'>;

function partOf(clap: Buffer, { width, height }: Whole): Part | null {
  const reader = new NumberReader(clap);
  const [acrossN = 0, acrossD = 0, downN = 0, downD = 0] = reader.list(4, () => reader.next(4));
  const [leftN = 0, leftD = 0, topN = 0, topD = 0] = reader.list(4, () => reader.next(4) | 0);
  const across = span(width, acrossN / acrossD, leftN / leftD);
  const down = span(height, downN / downD, topN / topD);
  if (reader.isOver || !across || !down) return null;
  return { left: across.from, width: across.length, top: down.from, height: down.length };
}

/** The offset is that of the middle; what is odd is rounded, and cut at the border, as libheif does. */
function span(whole: number, length: number, offset: number): { from: number; length: number } | null {
  const from = Math.round((whole - length) / 2 + offset);
  const end = Math.min(whole, from + Math.round(length));
  const start = Math.max(0, from);
  return end > start ? { from: start, length: end - start } : null;
}

/** A quarter against the clock. */
function turned({ left, top, width, height }: Part, whole: Whole): Part {
  return { left: top, top: whole.width - left - width, width: height, height: width };
}

/** By axis 0 top and bottom change places, by axis 1 left and right. */
function mirrored(part: Part, whole: Whole, axis: number): Part {
  if (axis === 0) return { ...part, top: whole.height - part.top - part.height };
  return { ...part, left: whole.width - part.left - part.width };
}
