/** What becomes of files of all formats, and how far their thumbnails are from the whole picture, shrunk then. */
import { ciede2000, labFromRgb } from '@tintype/colour';
import { Problem, sniffFormat } from '@tintype/contracts';
import { makePicture } from '@tintype/picture';
import { createJpegReducer } from '@tintype/picture/reduced';
import sharp from 'sharp';
import { type Photograph, readPackages } from '../jpeg/fetch-photographs.ts';
import { formatKinds } from './format-kinds.ts';

/** `verdict`: `completed`, or the code of the problem. `difference`: mean ΔE2000 of its pixels, where there is a picture. */
export type FormatOutcome = { row: string; verdict: string; difference: number | null };

/** What packages ship may be hundreds of files of one kind: those of a JPEG's are as good as all. */
const names: Record<string, string> = {
  ...{ jpeg: 'JPEG', png: 'PNG', webp: 'WebP', gif: 'GIF', avif: 'AVIF', tiff: 'TIFF', heic: 'HEIC' },
  ...{ bmp: 'BMP', ico: 'ICO' },
};
/** The generator's files have at most so many pixels a side: their kind matters, not their size. */
const madeSide = 480;
const thumbnailSide = 100;
const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 100, maxDecodeBytes: 2 ** 31, timeoutMs: 60_000 };
const reducer = createJpegReducer();

/** The photographs as they are, everything else that their packages ship, and each photograph in each kind. */
export async function runFormats(photographs: readonly Photograph[]): Promise<FormatOutcome[]> {
  const outcomes: FormatOutcome[] = [];
  for (const bytes of await readPackages()) {
    const format = sniffFormat(bytes);
    outcomes.push({ row: `${(format && names[format]) ?? 'other'}, as packages ship it`, ...(await outcomeOf(bytes)) });
  }
  for (const { format, kind, encode } of formatKinds) {
    for (const { bytes } of photographs) {
      const picture = sharp(bytes).autoOrient().resize(madeSide, madeSide, { fit: 'inside' }).toColourspace('srgb');
      const pixels = await picture.removeAlpha().raw().toBuffer({ resolveWithObject: true });
      const file = await encode(sharp(pixels.data, { raw: pixels.info })).toBuffer();
      outcomes.push({ row: `${format}, ${kind}`, ...(await outcomeOf(file)) });
    }
  }
  return outcomes;
}

async function outcomeOf(bytes: Buffer): Promise<Omit<FormatOutcome, 'row'>> {
  const rendition = {
    name: 'default',
    width: thumbnailSide,
    height: thumbnailSide,
    fit: 'inside',
    format: 'png',
  } as const;
  try {
    const { renditions } = await makePicture(bytes, { renditions: [rendition], colours: null }, limits, { reducer });
    const [made] = renditions;
    if (!made) throw new Error('no thumbnail');
    return { verdict: 'completed', difference: await distanceOf(made.bytes, bytes) };
  } catch (err) {
    if (err instanceof Problem) return { verdict: err.code, difference: null };
    throw err;
  }
}

/** From the same file decoded whole by libvips, turned upright, and shrunk then. */
async function distanceOf(thumbnail: Buffer, file: Buffer): Promise<number> {
  const made = await sharp(thumbnail).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  const whole = await sharp(file)
    .autoOrient()
    .toColourspace('srgb')
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = made.info;
  const truth = await sharp(whole.data, { raw: whole.info }).resize({ width, height, fit: 'fill' }).raw().toBuffer();
  let [sum, count] = [0, 0];
  for (let at = 0; at < truth.length; at += 4) {
    if (truth[at + 3] === 0) continue;
    sum += ciede2000(labAt(made.data, at), labAt(truth, at));
    count += 1;
  }
  return count === 0 ? 0 : sum / count;
}

function labAt(data: Uint8Array, at: number) {
  return labFromRgb([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0]);
}
