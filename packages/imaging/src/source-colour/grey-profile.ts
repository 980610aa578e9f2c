/** Grey pixels and the profile that says what they mean, as a file that libvips reads with it. */
import { crc32, deflateSync } from 'node:zlib';
import type { Pixels } from '@tintype/raster';
import { inTurns } from '../in-turns.ts';
import { sharp } from '../libvips.ts';

/** Signature and IHDR. */
const pngHeadBytes = 33;

/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 1_000_000;

/** The same pixels in sRGB; all three colours of a grey pixel are the same. */
export async function withGreyProfile(pixels: Pixels, profile: Buffer): Promise<Pixels> {
  const { data, channels } = pixels;
  const grey = new Uint8Array(data.length / channels);
  await inTurns(grey.length, pixelsPerTurn, (from, end) => {
    for (let at = from; at < end; at += 1) grey[at] = data[at * channels] ?? 0;
  });
  const { data: meant, info } = await sharp(await greyPngOf(grey, pixels, profile))
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  await inTurns(grey.length, pixelsPerTurn, (from, end) => {
    for (let at = from; at < end; at += 1) {
      const colour = meant[at * info.channels] ?? 0;
      for (let channel = 0; channel < 3; channel += 1) data[at * channels + channel] = colour;
    }
  });
  return pixels;
}

/** A PNG of one channel with the profile in it; `grey` has a byte for each pixel. */
async function greyPngOf(
  grey: Uint8Array,
  { width, height }: { width: number; height: number },
  profile: Buffer,
): Promise<Buffer> {
  const png = await sharp(grey, { raw: { width, height, channels: 1 } })
    .toColourspace('b-w')
    .png({ compressionLevel: 0 })
    .toBuffer();
  const name = Buffer.from('grey\0\0', 'latin1');
  const chunk = chunkOf('iCCP', Buffer.concat([name, deflateSync(profile)]));
  return Buffer.concat([png.subarray(0, pngHeadBytes), chunk, png.subarray(pngHeadBytes)]);
}

function chunkOf(type: string, data: Buffer): Buffer {
  const chunk = Buffer.alloc(data.length + 12);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  data.copy(chunk, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, data.length + 8)), data.length + 8);
  return chunk;
}
