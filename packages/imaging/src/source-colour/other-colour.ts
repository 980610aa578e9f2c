/** Decodes pictures whose samples mean something else than libvips makes of them. */
import type { Pixels } from '@tintype/raster';
import { openPipeline } from '../libvips.ts';
import { resizePixels } from '../resize-pixels.ts';
import { readSamples, type Source } from '../samples.ts';
import { encodingOfCodes } from './encoding.ts';
import { greyOfDeep, withGreyProfile } from './grey-profile.ts';
import { divideByAlpha } from './multiplied.ts';
import { isFollowed, withProfile } from './profile-png.ts';
import type { SourceColour } from './source-colour.ts';
import { toSrgb } from './to-srgb.ts';

/** sharp converts what has a profile and 16 bits to Display P3, and says nothing of it. */
const displayP3 = encodingOfCodes(12, 13, false) ?? null;

/** The samples as they are in the file, and then what they mean. */
export async function decodeOtherColour(source: Source, colour: SourceColour): Promise<Pixels> {
  const { bytes, page } = source.file;
  const { depth, icc = null } = await openPipeline(bytes, { limitInputPixels: false, page }).metadata();
  const isDeep = depth !== 'uchar';
  const profile = colour.greyProfile ?? (colour.hasProfile ? icc : null);
  const isOfGrey = profile?.toString('latin1', 16, 20) === 'GRAY';
  const isOfColour = profile !== null && !isOfGrey && (await isFollowed(profile));
  const becomesP3 = isOfColour && isDeep && !colour.isMultiplied;
  // Colours that are multiplied cannot be made smaller by libvips, which would multiply them again.
  const size = colour.isMultiplied ? null : source.size;
  const { data, info } = await readSamples({ ...source, size, ignoreIcc: !becomesP3 }, isDeep);
  const { width, height } = info;
  const channels = info.channels === 4 ? 4 : 3;
  const samples = {
    data: isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data,
    channels,
    most: isDeep ? 65_535 : 255,
  } as const;
  if (colour.isMultiplied && channels === 4) await divideByAlpha(samples);
  if (isOfGrey && isDeep) return { width, height, channels, data: await greyOfDeep(samples, profile) };
  const inSrgb = await toSrgb(samples, becomesP3 ? displayP3 : colour.encoding);
  const pixels: Pixels = { width, height, channels, data: inSrgb };
  const meant = await withProfileOf(pixels, becomesP3 ? null : profile, isOfGrey);
  return source.size && colour.isMultiplied ? resizePixels(meant, source.size) : meant;
}

async function withProfileOf(pixels: Pixels, profile: Buffer | null, isOfGrey: boolean): Promise<Pixels> {
  if (profile === null) return pixels;
  return isOfGrey ? withGreyProfile(pixels, profile) : withProfile(pixels, profile);
}
