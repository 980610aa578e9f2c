/** A file as libvips reads it rightly: of several pictures the one that is shown, and no more of it than that needs. */
import { notAccepted, type ReadOptions, sniffFormat } from '@tintype/contracts';
import { onlyFirst, requireFirstFrame } from './frames/chosen-frame.ts';
import { gifFrameOf } from './frames/gif-frame.ts';
import type { ShownFrame } from './frames/shown-frame.ts';
import { webpFrameOf } from './frames/webp-frame.ts';
import { itemsOf, propertiesOfPrimary } from './isobmff/items.ts';
import { type MendedHeif, mendedHeif } from './isobmff/mended.ts';
import type { Part } from './isobmff/shown-part.ts';
import { chunksBeforePixels, filledPng } from './png-chunks.ts';
import type { ExtraChannels } from './tiff/readable.ts';
import { shownPageOf } from './tiff/sound-page.ts';

export type SoundFile = ShownFrame & {
  /** Of a TIFF: what stands beside the colours, where that may be no alpha. */
  extraChannels: ExtraChannels;
  /** Of a TIFF: of a tile that cannot be read libvips only warns. */
  isTiled: boolean;
  /** Of an AVIF: what is shown of the picture in it, after it has been turned; null is all of it. */
  part: Part | null;
};

/**
 * `isMended`: what is cut off is made up, for whoever wants to see the rest. Throws `unsupported_format`, `corrupt_image`,
 * and `invalid_option` for a frame that is not there.
 */
export function soundFileOf(bytes: Buffer, { frame = 0 }: ReadOptions, isMended = false): SoundFile {
  const asItIs: SoundFile = { bytes, page: 0, paintedPixels: 0, extraChannels: 'nothing', isTiled: false, part: null };
  switch (sniffFormat(bytes)) {
    case 'tiff':
      return { ...asItIs, ...shownPageOf(bytes, frame) };
    case 'avif':
      refuseShortHeader(bytes);
      refuseSmallerLayer(bytes);
      if (frame !== 0 && isSequence(bytes)) throw onlyFirst('the frames of an AVIF sequence');
      requireFirstFrame(frame, 1, 'an AVIF');
      return { ...asItIs, ...stillOf(bytes) };
    case 'gif':
      return { ...asItIs, ...gifFrameOf(bytes, frame, isMended) };
    case 'webp':
      return { ...asItIs, ...webpFrameOf(bytes, frame, isMended) };
    case 'png':
      if (frame !== 0) requireFirstFrame(frame, framesOfPng(bytes), 'an animated PNG');
      return isMended ? { ...asItIs, bytes: filledPng(bytes) } : asItIs;
    default:
      requireFirstFrame(frame, 1, 'the picture');
      return asItIs;
  }
}

/** ISO/IEC 23008-12:2025, `mini`, which libheif does not read in the version that sharp has. */
function refuseShortHeader(bytes: Buffer): void {
  if (hasBox(bytes, 'mini') && !hasBox(bytes, 'meta')) throw notAccepted('An AVIF with a low-overhead header');
}

/** AVIF 1.1, 2.3.2.1: `a1op` may name one of several layers. libheif always decodes all of them. */
function refuseSmallerLayer(bytes: Buffer): void {
  const a1op = propertiesOfPrimary(bytes).own.find(({ type }) => type === 'a1op');
  if ((a1op?.inside[0] ?? 0) > 0) throw notAccepted('An AVIF that shows one of its smaller layers');
}

/** PNG (third edition), 11.3.3.1: `acTL`. */
function framesOfPng(bytes: Buffer): number {
  const animation = chunksBeforePixels(bytes).get('acTL');
  return animation && animation.length >= 4 ? animation.readUInt32BE(0) : 1;
}

const brandAt = 8;

function isSequence(bytes: Buffer): boolean {
  return bytes.toString('latin1', brandAt, brandAt + 4) === 'avis';
}

/** libvips does not know the brand of sequences (AVIF 1.1, section 6.3), although the still picture beside one can be read. */
function stillOf(bytes: Buffer): MendedHeif {
  const mended = mendedHeif(bytes);
  if (!isSequence(bytes)) return mended;
  const tree = itemsOf(bytes);
  if (!tree?.items.has(tree.primaryId)) throw notAccepted('An AVIF sequence without a still picture');
  const still = Buffer.from(mended.bytes);
  still.write('avif', brandAt, 'latin1');
  return { ...mended, bytes: still };
}

/** Among the first boxes of the file. */
function hasBox(bytes: Buffer, type: string): boolean {
  for (let at = 0, boxes = 0; at + 8 <= bytes.length && boxes < 100; boxes += 1) {
    if (bytes.toString('latin1', at + 4, at + 8) === type) return true;
    const size = bytes.readUInt32BE(at);
    if (size < 8) return false;
    at += size;
  }
  return false;
}
