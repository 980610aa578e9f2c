/** The picture that a camera has put into its raw file, ready to be looked at. */
import { notAccepted, type SwitchedFormat, sniffFormat } from '@tintype/contracts';
import { readAnyJpegHeader } from '@tintype/raster';
import { directoryAt, numbersOf, openTiff, type TiffDirectory, type TiffFile } from '../tiff/directory.ts';
import { isCameraRaw, rawPhotometrics, tags } from '../tiff/readable.ts';
import { uprightJpeg } from './upright-jpeg.ts';

const startOfJpeg = Buffer.from([0xff, 0xd8, 0xff]);
const endOfJpeg = Buffer.from([0xff, 0xd9]);
/** What a picture for people begins with: APP0 to APP15, a comment, tables of steps, a frame. A sensor's data do not. */
const isFirstMarker = (marker: number) =>
  (marker >= 0xe0 && marker <= 0xef) || [0xfe, 0xdb, 0xc0, 0xc2].includes(marker);
/** The longer side of a thumbnail in EXIF is 160; what is smaller shows nothing. */
const leastSidePixels = 100;
/** Cameras write two or three. */
const maxPreviews = 16;
/** EXIF and profiles stand before a picture's own header. */
const maxHeaderBytes = 256 * 1024;
const maxDirectories = 16;
const tileOffsets = 324;
const stripOffsets = 273;
const maxOffsets = 65_536;

/**
 * The file as it is, unless it is camera raw and previews are switched on: then the largest JPEG in it, which stands
 * upright when the raw file says how. Throws `unsupported_format` where there is none.
 */
export function previewOfRaw(bytes: Buffer, switchedOn: readonly SwitchedFormat[] = []): Buffer {
  if (!switchedOn.includes('raw')) return bytes;
  const format = sniffFormat(bytes);
  if (format !== 'raw' && format !== 'tiff') return bytes;
  const tiff = format === 'tiff' ? openTiff(bytes) : null;
  const first = tiff && directoryAt(tiff, tiff.firstAt);
  if (tiff && !isCameraRaw(tiff, first)) return bytes;
  const preview = largestJpeg(bytes, tiff ? offsetsOfSensor(tiff) : new Set());
  if (!preview) throw notAccepted('A camera raw file without a JPEG preview');
  const [orientation = 1] = tiff ? numbersOf(tiff, first?.entries.get(tags.orientation)) : [];
  return uprightJpeg(preview, orientation);
}

/** Wherever cameras put it. */
function largestJpeg(bytes: Buffer, passedOver: ReadonlySet<number>): Buffer | null {
  let largest: { pixels: number; at: number; scanAt: number } | null = null;
  let previews = 0;
  for (
    let at = bytes.indexOf(startOfJpeg);
    at !== -1 && previews < maxPreviews;
    at = bytes.indexOf(startOfJpeg, at + 2)
  ) {
    if (passedOver.has(at) || !isFirstMarker(bytes[at + 3] ?? 0)) continue;
    previews += 1;
    const header = readAnyJpegHeader(bytes.subarray(at, at + maxHeaderBytes));
    if (!header) continue;
    if (Math.max(header.width, header.height) < leastSidePixels) continue;
    const pixels = header.width * header.height;
    if (pixels > (largest?.pixels ?? 0)) largest = { pixels, at, scanAt: at + header.scanAt };
  }
  if (!largest) return null;
  // Coded data has no such bytes.
  const end = bytes.indexOf(endOfJpeg, largest.scanAt);
  return bytes.subarray(largest.at, end === -1 ? bytes.length : end + endOfJpeg.length);
}

/** Where strips and tiles of what the sensor saw begin: they may be JPEGs too (DNG 1.4, lossy). */
function offsetsOfSensor(file: TiffFile): Set<number> {
  const offsets = new Set<number>();
  for (const directory of directoriesOf(file)) {
    const [photometric = 0] = numbersOf(file, directory.entries.get(tags.photometric));
    if (!rawPhotometrics.includes(photometric)) continue;
    for (const tag of [tileOffsets, stripOffsets]) {
      for (const offset of numbersOf(file, directory.entries.get(tag), maxOffsets)) offsets.add(offset);
    }
  }
  return offsets;
}

/** Those in the chain, and those that belong to them. */
function directoriesOf(file: TiffFile): TiffDirectory[] {
  const found: TiffDirectory[] = [];
  const places = [file.firstAt];
  for (const at of places) {
    const directory = found.length < maxDirectories ? directoryAt(file, at) : null;
    if (!directory) continue;
    found.push(directory);
    places.push(directory.nextAt, ...numbersOf(file, directory.entries.get(tags.subDirectories)));
  }
  return found;
}
