/** Decodes a JPEG at an eighth or a quarter of its size, from the lowest coefficients of its blocks alone. */
import type { Size } from '../pixels.ts';
import type { Sample } from '../sample/sample.ts';
import { createBlockReader } from './block-readers.ts';
import { DetailGrid } from './detail-grid.ts';
import { forEachScan } from './each-scan.ts';
import type { JpegHeader } from './header.ts';
import { lightOfPicture } from './light-of-plane.ts';
import { isTurned, turnUpright } from './orientation.ts';
import { type BlockSide, type ComponentPlane, createPlanes } from './planes.ts';
import { readProgressive } from './progressive.ts';
import { walkScan } from './scan.ts';
import { pictureOfPlanes } from './to-rgb.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

export type ReducedJpegDecoder = (
  bytes: Buffer,
  header: JpegHeader,
  sizes: Size[],
  options?: {
    /** The last size is for colours: it gets the light of all that is in the file (not of a progressive one). */
    lightOfLast?: boolean;
  },
) => Sample[] | null;

/** Kept from picture to picture; larger files get memory of their own. */
const bufferBytes = 1024 * 1024;

/**
 * Makes a decoder, which decodes one picture after the other, once for all sizes: exactly these, upright, in sRGB. Null
 * when a size is more than 1/4.7 of the picture's (of a progressive one: an eighth), and of every file with anything
 * unusual or damaged about it.
 */
export function createReducedJpegDecoder(): ReducedJpegDecoder {
  const buffer = new Uint8Array(bufferBytes);
  return (bytes, header, sizes, { lightOfLast = false } = {}) => {
    const stored = storedSizes(header, sizes);
    const blockSide = blockSideFor(header, stored);
    if (blockSide === null) return null;
    try {
      const planes = createPlanes(header, blockSide);
      const [brightness] = planes;
      const detail = lightOfLast && brightness && !header.isProgressive ? detailOf(brightness) : null;
      readInto(planes, bytes, header, buffer);
      const pictures: Sample[] = picturesOfPlanes(planes, stored);
      const last = pictures.at(-1);
      if (detail && brightness && last)
        pictures.splice(-1, 1, { ...last, light: lightOfPicture(last, brightness, detail) });
      return pictures.map((picture) => turnUpright(picture, header.orientation));
    } catch (err) {
      if (err instanceof UnsupportedJpeg) return null;
      throw err;
    }
  };
}

/** Equal sizes are one picture: colours are mostly read at the size of the thumbnail. */
function picturesOfPlanes(planes: ComponentPlane[], sizes: Size[]): Sample[] {
  const made: Sample[] = [];
  for (const size of sizes) {
    const same = made.find(({ width, height }) => width === size.width && height === size.height);
    made.push(same ?? pictureOfPlanes(planes, size));
  }
  return made;
}

/** Whether a decoder can make these sizes, as far as the header tells. */
export function isReducible(header: JpegHeader, sizes: Size[]): boolean {
  return blockSideFor(header, storedSizes(header, sizes)) !== null;
}

function readInto(planes: ComponentPlane[], bytes: Buffer, header: JpegHeader, buffer: Uint8Array): void {
  if (header.isProgressive) fillFromProgressive(bytes, header, planes, buffer);
  else readSequential(bytes, header, planes, buffer);
}

function detailOf(plane: ComponentPlane): DetailGrid {
  plane.detail = new DetailGrid(plane.blocksWide, plane.blocksHigh);
  return plane.detail;
}

function storedSizes({ orientation }: JpegHeader, sizes: Size[]): Size[] {
  return isTurned(orientation) ? sizes.map(({ width, height }) => ({ width: height, height: width })) : sizes;
}

/**
 * Samples across and down that a block of brightness becomes; what other colours mean, only libvips knows. libvips, too,
 * decodes twice as many where fewer would hardly be shrunk any more (between 1/8 and 1/9, 1/4 and 1/5), and with fewer we
 * would be further from the whole picture than it is: `npm run bench:colour -- --suite jpeg`. A progressive file that is
 * wanted larger than an eighth costs libvips no more.
 */
function blockSideFor(header: JpegHeader, sizes: Size[]): BlockSide | null {
  if (!header.isSrgb) return null;
  const shrink = Math.min(...sizes.map(({ width, height }) => Math.min(header.width / width, header.height / height)));
  if (shrink >= 9) return 1;
  if (header.isProgressive) return shrink >= 8 ? 2 : null;
  if (shrink >= 5) return 2;
  return shrink >= 4.7 ? 3 : null;
}

/** All coefficients of a component in one scan; usually of all components in the same. */
function readSequential(bytes: Buffer, header: JpegHeader, planes: ComponentPlane[], buffer: Uint8Array): void {
  const left = new Set(planes);
  forEachScan(bytes, header, planes, (scan, from) => {
    for (const { plane } of scan.components)
      if (!left.delete(plane)) throw new UnsupportedJpeg('a component in two scans');
    const blockReaders = scan.components.map((component) => createBlockReader(component, bytes.length));
    return walkScan({ bytes, from, buffer, scan, blockReaders });
  });
  if (left.size > 0) throw new UnsupportedJpeg('a component without a scan');
}

/**
 * Every scan must be there, and to its end what the planes are made of: where they are hardly shrunk that is every bit,
 * else the means of brightness, and of colour its lowest waves roughly. It takes a third of the time.
 */
function fillFromProgressive(bytes: Buffer, header: JpegHeader, planes: ComponentPlane[], buffer: Uint8Array): void {
  const isForPlanes = planes[0]?.blockSide === 1;
  const { blocksOf, progression } = readProgressive({ bytes, header, planes, buffer, isForPlanes });
  for (const [plane, blocks] of blocksOf) {
    if (!progression.isComplete(plane)) throw new UnsupportedJpeg('not all bits of all coefficients');
    blocks.finish();
  }
}
