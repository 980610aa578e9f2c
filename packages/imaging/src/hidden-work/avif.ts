/** What an AVIF brings that its header does not tell of: frames in one picture, pictures in one another. */
import { av1UnitsOf } from '../isobmff/av1-units.ts';
import { boxesOf } from '../isobmff/boxes.ts';
import { type HeifItems, type Item, itemsOf } from '../isobmff/items.ts';

/** What describes the items; profiles are in there too. */
const maxMetaBytes = 256 * 1024;
/** Open bitstream units of all pictures together: a picture has about three. */
const maxUnits = 10_000;
/** A grid's last row and column may reach beyond the picture. */
const maxGridTimes = 4;

/** AV1, 6.2.2. */
const [frameHeader, frame] = [3, 6];

/**
 * One frame is usual for each picture (AVIF 1.1, section 2.1: a sample, of one frame for each layer). libaom decodes all
 * that there are, a thousand in 100 kB.
 */
export function hasManyFrames(avif: Buffer): boolean {
  const meta = boxesOf(avif).find(({ type }) => type === 'meta');
  if ((meta?.inside.length ?? 0) > maxMetaBytes) return true;
  const all = itemsOf(avif);
  if (!all) return false;
  const units = { left: maxUnits };
  return [...all.items.values()].some((item) => {
    // What is put over one another, or shown as another one.
    if (item.type === 'iovl' || item.type === 'iden') return true;
    return item.type === 'grid' ? isLargerInside(item, all) : item.type === 'av01' && framesOf(avif, item, units) > 1;
  });
}

/** Tiles of a grid may be the same picture again and again. */
function isLargerInside(grid: Item, { items, references }: HeifItems): boolean {
  const tiles = references.flatMap(({ type, from, to }) => (type === 'dimg' && from === grid.id ? to : []));
  const pixels = tiles.reduce((sum, id) => sum + pixelsOf(items.get(id)), 0);
  return pixels > maxGridTimes * pixelsOf(grid);
}

/** `ispe`, ISO/IEC 23008-12, 6.5.3: behind version and flags. */
function pixelsOf(item: Item | undefined): number {
  const size = item?.properties.find(({ type }) => type === 'ispe')?.inside;
  return size && size.length >= 12 ? size.readUInt32BE(4) * size.readUInt32BE(8) : 0;
}

/** Infinity for an item that is in pieces, or not in the file: encoders write neither. */
function framesOf(avif: Buffer, { extents }: Item, units: { left: number }): number {
  const [extent] = extents;
  if (!extent) return 0;
  if (extents.length > 1 || extent.isIn !== 'file') return Number.POSITIVE_INFINITY;
  // All that is left of the file has no length.
  const end = extent.length === 0 ? avif.length : extent.offset + extent.length;
  return framesIn(avif.subarray(extent.offset, end), units);
}

function framesIn(data: Buffer, units: { left: number }): number {
  let frames = 0;
  for (const { type } of av1UnitsOf(data)) {
    units.left -= 1;
    if (units.left < 0) return Number.POSITIVE_INFINITY;
    if (type === frame || type === frameHeader) frames += 1;
  }
  return frames;
}
