/** What a HEIC file says of its picture, read without a decoder; what is cut off or no HEVC is refused here. */
import { notAccepted, Problem } from '@tintype/contracts';
import type { Size } from '@tintype/raster';
import { type Box, boxesOf, NumberReader } from '../isobmff/boxes.ts';
import { alphaOf, type HeifItems, type Item, itemsOf, withSources } from '../isobmff/items.ts';
import type { MendedHeif } from '../isobmff/mended.ts';
import type { Part } from '../isobmff/shown-part.ts';
import type { Transformation } from './transformations.ts';

export type HeicHeader = Size & {
  hasAlpha: boolean;
  /** Samples of more than eight bits. */
  isDeep: boolean;
  /** Samples of a pixel as they are coded: 1 for grey, 1.5 for 4:2:0, 2 for 4:2:2, 3 for 4:4:4. */
  codedSamples: number;
  /** Put together of tiles, each of which is decoded for itself. */
  isTiled: boolean;
  /** Only a part of what is decoded is shown, and libheif cuts it. */
  isCropped: boolean;
  /** What libheif makes of it, and the part of that which is shown; null is all of it. */
  whole: Size;
  part: Part | null;
  /** Of before the transformations, which are left to whoever puts the tiles together: otherwise there are none. */
  codedSize: Size;
  transformations: Transformation[];
  /** Of the largest picture that is decoded in one piece. */
  codedPixels: number;
};

/** HEVC, and what is put together of it: as it is, tiles, an overlay. */
const readTypes: readonly string[] = ['hvc1', 'hev1', 'iden', 'grid', 'iovl'];
const kindNames: Readonly<Record<string, string>> = {
  ...{ av01: 'of AV1', jpeg: 'of JPEG', j2k1: 'of JPEG 2000', avc1: 'of AVC', vvc1: 'of VVC', evc1: 'of EVC' },
  ...{ lhv1: 'of layered HEVC', unci: 'of uncompressed pictures', tmap: 'whose picture is a tone map' },
};

/**
 * Throws `unsupported_format` with the kind's name, or `corrupt_image` where a part of the picture is not in the file:
 * the decoder would show something in its place.
 */
export function readHeicHeader({ bytes, part }: MendedHeif): HeicHeader {
  const tree = itemsOf(bytes);
  const primary = tree?.items.get(tree.primaryId);
  if (!tree || !primary) throw withoutPicture(bytes);
  const alpha = alphaOf(tree, primary);
  const parts = [primary, ...(alpha ? [alpha] : [])].flatMap((item) => partsOf(tree, item));
  for (const part of parts) requireReadable(part, bytes.length, tree.idat.length);
  const coded = parts.filter(({ type }) => type === 'hvc1' || type === 'hev1');
  const whole = shownSize(primary);
  const size = part ? { width: part.width, height: part.height } : whole;
  const isCropped = parts.some(({ properties }) => properties.some(({ type }) => type === 'clap'));
  const isTiled = primary.type === 'grid' && !alpha && !isCropped && !part;
  return {
    ...size,
    hasAlpha: alpha !== undefined,
    isDeep: coded.some(isDeep),
    codedSamples: Math.max(1, ...coded.map(codedSamplesOf)),
    isTiled,
    isCropped,
    whole,
    part,
    codedSize: isTiled ? spatialExtents(primary.properties) : size,
    transformations: isTiled ? primary.properties.flatMap(transformationsOf) : [],
    codedPixels: Math.max(...(isTiled ? [] : [whole.width * whole.height]), ...coded.map(pixelsOf)),
  };
}

function withoutPicture(bytes: Buffer): Problem {
  const boxes = boxesOf(bytes);
  const has = (type: string) => boxes.some((box) => box.type === type);
  if (has('moov')) return notAccepted('A HEIC sequence without a still picture');
  return has('mini') ? notAccepted('A HEIF file with a low-overhead header') : damaged();
}

function damaged(cause?: unknown): Problem {
  return new Problem('corrupt_image', { detail: 'The picture is damaged or cut off.', cause });
}

/** An item and all that it is derived from, each once. */
function partsOf(tree: HeifItems, item: Item): Item[] {
  const parts = withSources(tree, item);
  const ids = new Set(parts.map(({ id }) => id));
  const isMissing = tree.references.some(
    ({ type, from, to }) => type === 'dimg' && ids.has(from) && to.some((id) => !tree.items.has(id)),
  );
  if (isMissing) throw damaged();
  return parts;
}

function requireReadable({ type, extents }: Item, fileBytes: number, idatBytes: number): void {
  if (!readTypes.includes(type)) throw notAccepted(`A HEIF file ${kindNames[type] ?? `of ${JSON.stringify(type)}`}`);
  if (type === 'iden') return; // has no data of its own
  const endOf = { file: fileBytes, idat: idatBytes, item: Number.POSITIVE_INFINITY };
  const isThere = extents.every(({ isIn, offset, length }) => offset + length <= endOf[isIn] && offset < endOf[isIn]);
  if (extents.length === 0 || !isThere) throw damaged();
}

/** What is left after its transformations, in their order: rotation turns, cropping cuts, mirrors change nothing. */
function shownSize({ properties }: Item): Size {
  let size = spatialExtents(properties);
  for (const { type, inside } of properties) {
    if (type === 'irot' && (inside[0] ?? 0) % 2 === 1) size = { width: size.height, height: size.width };
    if (type === 'clap') size = croppedSize(inside, size);
  }
  if (size.width < 1 || size.height < 1) throw damaged();
  return size;
}

/** As libheif reads them: by axis 0 of `imir` top and bottom change places. */
function transformationsOf({ type, inside }: Box): Transformation[] {
  const [value = 0] = inside;
  if (type === 'irot') return new Array<Transformation>(value % 4).fill('turn');
  return type === 'imir' ? [value % 2 === 0 ? 'flip' : 'flop'] : [];
}

function pixelsOf({ properties }: Item): number {
  const { width, height } = spatialExtents(properties);
  return width * height;
}

/** Of before the transformations: ISO/IEC 23008-12, 6.5.3. */
function spatialExtents(properties: Item['properties']): Size {
  const ispe = properties.find(({ type }) => type === 'ispe')?.inside;
  if (!ispe || ispe.length < 12) throw damaged();
  return { width: ispe.readUInt32BE(4), height: ispe.readUInt32BE(8) };
}

/** ISO/IEC 14496-12, 12.1.4: width and height as fractions; what is odd is rounded as libheif does. */
function croppedSize(clap: Buffer, { width, height }: Size): Size {
  const reader = new NumberReader(clap);
  const [acrossN, acrossD, downN, downD] = reader.list(4, () => reader.next(4));
  if (reader.isOver || !acrossN || !acrossD || !downN || !downD) throw damaged();
  return { width: Math.min(width, Math.ceil(acrossN / acrossD)), height: Math.min(height, Math.ceil(downN / downD)) };
}

/** `hvcC`, ISO/IEC 14496-15, 8.3.2: chroma_format_idc. */
function codedSamplesOf({ properties }: Item): number {
  const hvcC = properties.find(({ type }) => type === 'hvcC')?.inside;
  return [1, 1.5, 2, 3][(hvcC?.[16] ?? 3) & 3] ?? 3;
}

/** The same: bits of brightness, less 8. */
function isDeep({ properties }: Item): boolean {
  const hvcC = properties.find(({ type }) => type === 'hvcC')?.inside;
  return ((hvcC?.[17] ?? 0) & 7) > 0;
}
