/** GIF from its blocks (GIF89a). */
export type GifScreen = { width: number; height: number; version?: '87a' | '89a' };

const word = (value: number) => [value & 255, value >> 8];

/** Signature and screen with a palette of two colours. */
export function gifHeader({ width, height, version = '89a' }: GifScreen): Buffer {
  const screen = [...word(width), ...word(height), 0x80, 0, 0];
  return Buffer.concat([Buffer.from(`GIF${version}`), Buffer.from(screen), Buffer.from([0, 0, 0, 255, 128, 0])]);
}

/** LZW of a one-pixel picture: clear, 0, end. */
const onePixel = [0x02, 0x02, 0x44, 0x01, 0x00];

/** A frame; its data are those of one pixel unless given. */
export function gifFrame(width: number, height: number, data: readonly number[] = onePixel, left = 0, top = 0): Buffer {
  return Buffer.from([0x2c, ...word(left), ...word(top), ...word(width), ...word(height), 0, ...data]);
}

/** Graphic control: a delay of 50 ms and nothing transparent. */
export const gifControl = Buffer.from([0x21, 0xf9, 4, 0, 5, 0, 0, 0]);
/** Repeats for ever. */
export const gifLoop = Buffer.concat([
  Buffer.from([0x21, 0xff, 11]),
  Buffer.from('NETSCAPE2.0'),
  Buffer.from([3, 1, 0, 0, 0]),
]);
export const gifTrailer = Buffer.from([0x3b]);

export function gifComment(text: string): Buffer {
  const bytes = Buffer.from(text).subarray(0, 255);
  return Buffer.concat([Buffer.from([0x21, 0xfe, bytes.length]), bytes, Buffer.from([0])]);
}

/** LZW data that say clear again and again and never a pixel: as many sub-blocks of 255 bytes. */
export function gifClearCodes(blocks: number): number[] {
  // Code size 2: clear is 4, three bits wide; eight of them are three bytes.
  const three = [0x24, 0x49, 0x92];
  const block = [255, ...Array.from({ length: 85 }, () => three).flat()];
  return [2, ...Array.from({ length: blocks }, () => block).flat(), 0];
}
