/** Pixels and the profile that says what they mean, as a file that libvips reads with it: it takes none beside pixels. */
import { crc32, deflateSync } from 'node:zlib';
import type { Pixels, Size } from '@tintype/raster';
import { openPipeline } from '../libvips.ts';

/** Signature and IHDR. */
const pngHeadBytes = 33;

export type ProfiledSamples = Size & { channels: 1 | 3 | 4; data: Uint8Array };

/** The same pixels in 8-bit sRGB. */
export async function withProfile(samples: ProfiledSamples & { channels: 3 | 4 }, profile: Buffer): Promise<Pixels> {
  const { width, height, channels } = samples;
  const { data } = await openPipeline(await pngWithProfile(samples, profile), { limitInputPixels: false })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { width, height, channels, data };
}

/** A PNG of these samples with the profile in it; of eight bits, since libvips does not apply one to sixteen. */
export async function pngWithProfile(samples: ProfiledSamples, profile: Buffer): Promise<Buffer> {
  const space = { 1: 'b-w', 3: 'srgb', 4: 'srgb' }[samples.channels];
  const png = await openPipeline(samples.data, { raw: samples, limitInputPixels: false })
    .toColourspace(space)
    .png({ compressionLevel: 0 })
    .toBuffer();
  const chunk = chunkOf('iCCP', Buffer.concat([Buffer.from('profile\0\0', 'latin1'), deflateSync(profile)]));
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
