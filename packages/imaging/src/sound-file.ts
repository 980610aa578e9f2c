/** A file as libvips reads it rightly: of a TIFF the page that is shown, of pictures in a row the first. */
import { notAccepted, sniffFormat } from '@tintype/contracts';
import { type Frame, firstFrameOf } from './gif-frame.ts';
import { propertiesOfPrimary } from './isobmff/items.ts';
import { shownPageOf } from './tiff/sound-page.ts';

export type SoundFile = {
  bytes: Buffer;
  /** Of a TIFF: channels of which nobody says what they mean, and which are no alpha. */
  hasUnknownChannels: boolean;
  /** Of a GIF: the first frame, where it is smaller than the canvas. */
  smallFrame: Frame | null;
};

/** Throws `unsupported_format`. */
export function soundFileOf(bytes: Buffer): SoundFile {
  const asItIs = { bytes, hasUnknownChannels: false, smallFrame: null };
  switch (sniffFormat(bytes)) {
    case 'tiff':
      return { ...asItIs, ...shownPageOf(bytes) };
    case 'avif':
      refuseSmallerLayer(bytes);
      return { ...asItIs, bytes: stillOf(bytes) };
    case 'gif':
      return { ...asItIs, ...firstFrameOf(bytes) };
    default:
      return asItIs;
  }
}

/** AVIF 1.1, 2.3.2.1: `a1op` may name one of several layers. libheif always decodes all of them. */
function refuseSmallerLayer(bytes: Buffer): void {
  const a1op = propertiesOfPrimary(bytes).own.find(({ type }) => type === 'a1op');
  if ((a1op?.inside[0] ?? 0) > 0) throw notAccepted('An AVIF that shows one of its smaller layers');
}

const brandAt = 8;

/** libvips does not know the brand of sequences (AVIF 1.1, section 6.3), although the still picture beside one can be read. */
function stillOf(bytes: Buffer): Buffer {
  if (bytes.toString('latin1', brandAt, brandAt + 4) !== 'avis') return bytes;
  if (!hasBox(bytes, 'meta')) {
    throw notAccepted('An AVIF sequence without a still picture');
  }
  const still = Buffer.from(bytes);
  still.write('avif', brandAt, 'latin1');
  return still;
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
