/** Pictures whose colours libvips does not read as they are meant: their samples, and then what these mean. */
import type { Pixels, Size } from '@tintype/raster';
import { openPipeline } from './libvips.ts';
import { resizePixels } from './resize-pixels.ts';
import { readSamples, type Source } from './samples.ts';
import { unpremultiply, widenAlpha } from './source-colour/alpha.ts';
import { type ColourEncoding, encodingOfCodes } from './source-colour/encoding.ts';
import { toSrgb } from './source-colour/to-srgb.ts';
import { isForWhole, type SourceColour } from './source-colour/told-colour.ts';
import { kindOfProfile, meantByProfile } from './source-colour/with-profile.ts';

type OtherSource = Source & { size: Size };

/** The picture in 8-bit sRGB. */
export async function decodeOtherColour(source: OtherSource, colour: SourceColour): Promise<Pixels> {
  const { depth, space, icc } = await openPipeline(source.file.bytes, { limitInputPixels: false }).metadata();
  const isDeep = depth !== 'uchar';
  if (isForWhole(colour)) return decodeByAlpha(source, colour, isDeep);
  if (!colour.hasDeepProfile) return inSrgb({ ...source, ignoreIcc: true }, colour, isDeep);
  // Of a profile that is none, too.
  if (space === 'rgb16' && icc) return inSrgb(source, { encoding: displayP3, profile: null }, isDeep);
  // To grey of 16 bits it applies none.
  const isOfGrey = icc && space === 'grey16' && kindOfProfile(icc) === 'GRAY';
  if (isOfGrey) return inSrgb({ ...source, ignoreIcc: true }, { encoding: null, profile: icc }, isDeep);
  return inSrgb(source, { encoding: null, profile: null }, false);
}

/** What sharp (0.35) makes of 16-bit colours by their profile, and takes for sRGB afterwards. */
const displayP3: ColourEncoding | null = encodingOfCodes(12, 13, false) ?? null;

type Meaning = Pick<SourceColour, 'encoding' | 'profile'>;

async function inSrgb(source: Source, { encoding, profile }: Meaning, isDeep: boolean): Promise<Pixels> {
  const { samples, most, ...shape } = await samplesOf(source, isDeep);
  const pixels = { ...shape, data: await toSrgb({ data: samples, channels: shape.channels, most }, encoding) };
  return profile ? meantByProfile(pixels, profile) : pixels;
}

/** Colours and alpha must be those of the file before anything is averaged by them. */
async function decodeByAlpha(
  { size, ...source }: OtherSource,
  { encoding, profile, isPremultiplied, hasNarrowAlpha }: SourceColour,
  isDeep: boolean,
): Promise<Pixels> {
  const { samples, most, ...shape } = await samplesOf({ ...source, size: null, ignoreIcc: true }, isDeep);
  if (shape.channels === 4 && hasNarrowAlpha) await widenAlpha(samples, most);
  if (shape.channels === 4 && isPremultiplied) await unpremultiply(samples, most);
  const pixels = { ...shape, data: await toSrgb({ data: samples, channels: shape.channels, most }, encoding) };
  return resizePixels(profile ? await meantByProfile(pixels, profile) : pixels, size);
}

async function samplesOf(source: Source, isDeep: boolean) {
  const { data, info } = await readSamples(source, isDeep);
  const samples = isDeep ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
  const channels: 3 | 4 = info.channels === 4 ? 4 : 3;
  return { samples, most: isDeep ? 65_535 : 255, width: info.width, height: info.height, channels };
}
