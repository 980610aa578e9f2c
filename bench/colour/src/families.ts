/** The kinds of pictures that are generated: 25 families of 8 make 200. */
import type { Pixels } from '@tintype/colour';
import * as damaged from './damaged-families.ts';
import type { Draw, Drawing } from './drawing.ts';
import { encode, reEncode } from './encoding.ts';
import * as flat from './flat-families.ts';
import { randomFor } from './random.ts';
import * as surface from './surface-families.ts';
import type { Truth } from './truth.ts';

const families = {
  flat: flat.flat,
  shapes: flat.shapesOnGround,
  icon: flat.icon,
  'black square': flat.blackSquareOnWhite,
  frame: flat.frame,
  'key-line': flat.keyLine,
  alpha: flat.alpha,
  accent: flat.accent,
  tints: flat.tints,
  'many colours': flat.manyColours,
  'jpeg art': damaged.jpegArt,
  noise: damaged.noise,
  'noisy jpeg': damaged.noisyJpeg,
  'hsv noise': damaged.hsvNoise,
  'plain noise': damaged.plainNoise,
  'dark noise': damaged.darkNoise,
  formats: damaged.formats,
  're-encoded': damaged.reEncoded,
  close: damaged.close,
  'close noisy': damaged.closeNoisy,
  shaded: surface.shaded,
  gradient: surface.gradient,
  texture: surface.texture,
  'fine texture': surface.fineTexture,
  greys: surface.greys,
} satisfies Record<string, Draw>;

export type FamilyName = keyof typeof families;
export const familyNames = Object.keys(families).filter(isFamilyName);

export function isFamilyName(name: string): name is FamilyName {
  return Object.hasOwn(families, name);
}

/** Families whose files keep flat art as it is: their colours can come back to the byte. */
export const exactFamilies: ReadonlySet<FamilyName> = new Set(['flat', 'shapes', 'icon', 'frame', 'alpha']);

export type GeneratedPicture = { family: FamilyName; index: number; picture: Pixels; truth: Truth; bytes: Buffer };

/** Draws and encodes one picture; the same seed, family and index give the same file. */
export async function generatePicture(seed: number, family: FamilyName, index: number): Promise<GeneratedPicture> {
  const { picture, truth, encodings }: Drawing = families[family](randomFor(seed, family, index), index);
  const [first, ...others] = encodings;
  if (first === undefined) throw new Error(`The family ${family} names no encoding.`);
  let bytes = await encode(picture, first);
  for (const encoding of others) bytes = await reEncode(bytes, encoding);
  return { family, index, picture, truth, bytes };
}
