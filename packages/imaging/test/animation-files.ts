/** Animations by hand, and what a browser shows of them frame by frame. */
import sharp from 'sharp';

export type Rgba = readonly [red: number, green: number, blue: number, alpha: number];
type Place = { left: number; top: number; width: number; height: number };
export type AnimationFrame = Place & {
  colours: readonly Rgba[];
  /** What becomes of its place afterwards. */
  afterwards?: 'kept' | 'cleared' | 'as before';
  /** Of a WebP: it replaces what is under it, transparency and all. */
  replaces?: boolean;
};
export type Canvas = { width: number; height: number };

export const nothing: Rgba = [0, 0, 0, 0];
/** A GIF's colours; the last one stands for transparency. */
export const gifColours: readonly Rgba[] = [[255, 0, 0, 255], [0, 200, 0, 255], [0, 0, 150, 255], nothing];

const word = (value: number) => [value & 255, value >> 8];

/** Background is the first colour: no browser shows it. */
export function gifOf({ width, height }: Canvas, frames: readonly AnimationFrame[]): Buffer {
  const head = [...Buffer.from('GIF89a'), ...word(width), ...word(height), 0x81, 0, 0];
  const table = gifColours.flatMap((colour) => colour.slice(0, 3));
  return Buffer.from([...head, ...table, ...frames.flatMap(gifFrame), 0x3b]);
}

function gifFrame({ left, top, width, height, colours, afterwards = 'kept' }: AnimationFrame): number[] {
  const indexes = colours.map((colour) => gifColours.indexOf(colour));
  const disposal = { kept: 1, cleared: 2, 'as before': 3 }[afterwards];
  const isTransparent = indexes.includes(3) ? 1 : 0;
  const control = [0x21, 0xf9, 4, (disposal << 2) | isTransparent, 5, 0, 3, 0];
  return [...control, 0x2c, ...[left, top, width, height].flatMap(word), 0, ...uncompressed(indexes)];
}

/** LZW of two bits that never grows: the table is cleared before it would. */
function uncompressed(indexes: readonly number[]): number[] {
  const [clear, end] = [4, 5];
  const codes = [...indexes.flatMap((index, at) => (at % 2 === 0 ? [clear, index] : [index])), end];
  const bytes: number[] = [];
  let bits = 0;
  let held = 0;
  for (const code of codes) {
    held |= code << bits;
    bits += 3;
    for (; bits >= 8; bits -= 8, held >>= 8) bytes.push(held & 255);
  }
  bytes.push(held & 255);
  const blocks = [2];
  for (let at = 0; at < bytes.length; at += 255) {
    const block = bytes.slice(at, at + 255);
    blocks.push(block.length, ...block);
  }
  return [...blocks, 0];
}

/** Lossless. */
export async function webpOf({ width, height }: Canvas, frames: readonly AnimationFrame[]): Promise<Buffer> {
  const chunk = (name: string, data: Buffer) => {
    const head = Buffer.alloc(8);
    head.write(name, 'latin1');
    head.writeUInt32LE(data.length, 4);
    return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
  };
  const less = (...values: number[]) =>
    Buffer.concat(
      values.map((value) => {
        const bytes = Buffer.alloc(3);
        bytes.writeUIntLE(value, 0, 3);
        return bytes;
      }),
    );
  const parts = [chunk('VP8X', Buffer.concat([Buffer.from([0x12, 0, 0, 0]), less(width - 1, height - 1)]))];
  parts.push(chunk('ANIM', Buffer.from([9, 9, 9, 255, 0, 0])));
  for (const { afterwards, replaces, ...frame } of frames) {
    const raw = { width: frame.width, height: frame.height, channels: 4 } as const;
    const still = await sharp(Uint8Array.from(frame.colours.flat()), { raw })
      .webp({ lossless: true, exact: true })
      .toBuffer();
    const place = less(frame.left / 2, frame.top / 2, frame.width - 1, frame.height - 1, 100);
    const flags = Buffer.from([(replaces ? 2 : 0) | (afterwards === 'cleared' ? 1 : 0)]);
    const dataAt = still.toString('latin1', 12, 16) === 'VP8X' ? 30 : 12;
    parts.push(chunk('ANMF', Buffer.concat([place, flags, still.subarray(dataAt)])));
  }
  return chunk('RIFF', Buffer.concat([Buffer.from('WEBP'), ...parts]));
}

/** The canvas as it looks while this frame is shown; colours are opaque, or nothing. */
export function canvasAt({ width, height }: Canvas, frames: readonly AnimationFrame[], shown: number): Rgba[] {
  let canvas = new Array<Rgba>(width * height).fill(nothing);
  for (const [nth, frame] of frames.slice(0, shown + 1).entries()) {
    const before = [...canvas];
    each(frame, (at, index) => {
      const colour = frame.colours[index] ?? nothing;
      if (colour !== nothing || frame.replaces) canvas[at] = colour;
    });
    if (nth === shown) break;
    if (frame.afterwards === 'as before') canvas = before;
    if (frame.afterwards === 'cleared') each(frame, (at) => (canvas[at] = nothing));
  }
  return canvas;

  function each(place: Place, paint: (at: number, index: number) => void): void {
    for (let index = 0; index < place.width * place.height; index += 1) {
      const x = place.left + (index % place.width);
      const y = place.top + Math.floor(index / place.width);
      if (x < width && y < height) paint(y * width + x, index);
    }
  }
}
