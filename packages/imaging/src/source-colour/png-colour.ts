/** What a PNG says of its colours: PNG (third edition), 4.3: `cICP`, else `iCCP`, else `sRGB`, else `gAMA` and `cHRM`. */
import { chunksBeforePixels } from '../png-chunks.ts';
import { type Chromaticity, type ColourEncoding, encodingOfCodes, powerTransfer, srgbPrimaries } from './encoding.ts';
import { nothingSaid, type SourceColour, unlessPlain } from './source-colour.ts';
import { matrixToSrgb } from './to-srgb.ts';

/** What programs write that mean sRGB: 1/2.2. They differ by less than ΔE 1.5, in the darkest colours. */
const srgbGamma = 45_455;
/** Of a number in `cHRM` or `gAMA`. */
const unit = 100_000;
/** As libpng does: what lies outside of it is no gamma. */
const gammaRange = { least: 16, most: 625_000_000 };

/** Null where libvips is right. */
export function colourOfPng(bytes: Buffer): SourceColour | null {
  const chunks = chunksBeforePixels(bytes);
  const encoding = encodingOf(chunks);
  const isDeep = chunks.get('IHDR')?.[8] === 16;
  return unlessPlain({ ...nothingSaid, encoding: encoding ?? null, hasProfile: encoding === undefined && isDeep });
}

/** Null for sRGB, undefined where the profile counts. */
function encodingOf(chunks: ReadonlyMap<string, Buffer>): ColourEncoding | null | undefined {
  const [primaries, transfer, , isFull] = chunks.get('cICP') ?? [];
  const isTold = primaries !== undefined && transfer !== undefined && primaries !== 2 && transfer !== 2;
  const told = isTold ? encodingOfCodes(primaries, transfer, isFull === 0) : undefined;
  if (told !== undefined) return told;
  if (chunks.has('iCCP')) return undefined;
  const gamma = chunks.has('sRGB') ? undefined : chunks.get('gAMA');
  return gamma && gamma.length >= 4 ? colourOfGamma(gamma.readUInt32BE(0), chunks.get('cHRM')) : null;
}

/** Chromaticities alone say nothing: without a gamma they are not used. */
function colourOfGamma(gamma: number, chromaticities: Buffer | undefined): ColourEncoding | null {
  if (gamma < gammaRange.least || gamma > gammaRange.most) return null;
  const primaries = (chromaticities && primariesOf(chromaticities)) ?? srgbPrimaries;
  const isSrgb = Math.abs(gamma - srgbGamma) < 500 && isLikeSrgb(primaries);
  return isSrgb ? null : { primaries, transfer: powerTransfer(unit / gamma), isNarrow: false };
}

function primariesOf(chunk: Buffer): ColourEncoding['primaries'] | null {
  if (chunk.length < 32) return null;
  const at = (index: number): Chromaticity => [
    chunk.readUInt32BE(index * 8) / unit,
    chunk.readUInt32BE(index * 8 + 4) / unit,
  ];
  const primaries = { white: at(0), red: at(1), green: at(2), blue: at(3) };
  return matrixToSrgb(primaries).flat().every(Number.isFinite) ? primaries : null;
}

function isLikeSrgb(primaries: ColourEncoding['primaries']): boolean {
  return (['red', 'green', 'blue', 'white'] as const).every((name) =>
    primaries[name].every((value, axis) => Math.abs(value - (srgbPrimaries[name][axis] ?? 0)) < 0.005),
  );
}
