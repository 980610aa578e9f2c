/** How a camera was held: EXIF orientation, read and undone. */
import type { Pixels } from '../pixels.ts';
import { lightStride, type Sample } from '../sample/sample.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

const orientationTag = 0x0112;
const shortType = 3;
const upright = 1;

const start = 'Exif\0\0';
const [little, big, magic] = [0x4949, 0x4d4d, 42];

/**
 * EXIF 3.0 §4.6.5.1.6, in the first directory of a TIFF: 1 to 8; 1 when nothing is said. Throws `UnsupportedJpeg` of
 * everything that two readers could understand differently: whoever reads on has to be the one who turns the picture.
 */
export function readOrientation(body: Uint8Array): number {
  const isStarted = [...start].every((letter, at) => body[at] === letter.charCodeAt(0));
  const tiff = body.subarray(start.length);
  const view = new DataView(tiff.buffer, tiff.byteOffset, tiff.byteLength);
  if (!isStarted || tiff.length < 14) throw new UnsupportedJpeg('EXIF cut short');
  const isLittle = view.getUint16(0) === little;
  if ((!isLittle && view.getUint16(0) !== big) || view.getUint16(2, isLittle) !== magic)
    throw new UnsupportedJpeg('no EXIF');
  const directoryAt = view.getUint32(4, isLittle);
  if (directoryAt < 8 || directoryAt + 2 > tiff.length) throw new UnsupportedJpeg('EXIF cut short');
  const entries = view.getUint16(directoryAt, isLittle);
  const end = directoryAt + 2 + entries * 12;
  if (end > tiff.length) throw new UnsupportedJpeg('EXIF cut short');
  const found: number[] = [];
  for (let at = directoryAt + 2; at < end; at += 12) {
    if (view.getUint16(at, isLittle) === orientationTag) found.push(readEntry(view, at, isLittle));
  }
  if (found.length > 1) throw new UnsupportedJpeg('two orientations');
  return found[0] ?? upright;
}

function readEntry(view: DataView, at: number, isLittle: boolean): number {
  const value = view.getUint16(at + 8, isLittle);
  const isOne = view.getUint16(at + 2, isLittle) === shortType && view.getUint32(at + 4, isLittle) === 1;
  if (!isOne || value < 1 || value > 8) throw new UnsupportedJpeg('a strange orientation');
  return value;
}

/** Whether the picture lies on its side. */
export function isTurned(orientation: number): boolean {
  return orientation > 4;
}

/** The picture as it is looked at, and its light. */
export function turnUpright(stored: Sample, orientation: number): Sample {
  if (orientation === upright) return stored;
  const { data, channels, light } = stored;
  const [width, height] = isTurned(orientation) ? [stored.height, stored.width] : [stored.width, stored.height];
  const turned: Pixels = { data: new Uint8Array(data.length), width, height, channels };
  turnInto(turned.data, data, channels, stored, orientation);
  if (!light) return turned;
  const turnedLight = new Float32Array(light.length);
  turnInto(turnedLight, light, lightStride, stored, orientation);
  return { ...turned, light: turnedLight };
}

function turnInto(
  into: Uint8Array | Float32Array,
  from: Uint8Array | Float32Array,
  stride: number,
  stored: Pixels,
  orientation: number,
): void {
  const [width, height] = isTurned(orientation) ? [stored.height, stored.width] : [stored.width, stored.height];
  for (let y = 0, to = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, to += stride) {
      const [u, v] = storedPlace(orientation, x, y, stored);
      const at = (v * stored.width + u) * stride;
      for (let channel = 0; channel < stride; channel += 1) into[to + channel] = from[at + channel] ?? 0;
    }
  }
}

/** Where in the file the pixel stands that is looked at there. */
function storedPlace(orientation: number, x: number, y: number, { width, height }: Pixels): [number, number] {
  const right = width - 1;
  const bottom = height - 1;
  switch (orientation) {
    case 2:
      return [right - x, y];
    case 3:
      return [right - x, bottom - y];
    case 4:
      return [x, bottom - y];
    case 5:
      return [y, x];
    case 6:
      return [y, bottom - x];
    case 7:
      return [right - y, bottom - x];
    case 8:
      return [right - y, x];
    default:
      return [x, y];
  }
}
