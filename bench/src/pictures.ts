/** The pictures of the suites, drawn in code: the same bytes on every run with one version of sharp. */
import { landscape, type RawPicture, seededRandom } from '@tintype/testkit';
import sharp from 'sharp';

/**
 * A landscape of this size, or the part of it that begins at `left`, `top` and is as large as `cut` says, or the same
 * so many times as wide and as high, with grain of its own.
 */
export type PictureSpec = { width: number; height: number; seed: number; cut?: Cut; enlarge?: number } & (
  | { encoding: 'jpeg' | 'progressive' | 'webp' | 'avif'; quality: number }
  | { encoding: 'png' }
);
export type Cut = { left: number; top: number; width: number; height: number };

export type Picture = { bytes: Buffer; contentType: string };

/** A function that draws and encodes; a landscape that is needed several times is drawn once. */
export function createPainter(): (spec: PictureSpec) => Promise<Picture> {
  const drawn = new Map<string, RawPicture>();
  return async (spec) => {
    const { width, height, seed, enlarge } = spec;
    const key = `${width}×${height}/${seed}`;
    const raw = drawn.get(key) ?? landscape(width, height, seed);
    drawn.set(key, raw);
    const bytes = await encode(enlarge === undefined ? raw : await enlarged(raw, enlarge, seed), spec);
    return { bytes, contentType: contentTypes[spec.encoding] };
  };
}

const contentTypes: Record<PictureSpec['encoding'], string> = {
  jpeg: 'image/jpeg',
  progressive: 'image/jpeg',
  webp: 'image/webp',
  avif: 'image/avif',
  png: 'image/png',
};

/** Grain of ± so much, as that of a sensor: enlarging alone leaves nothing fine in a picture. */
const grain = 6;

/** Many times as fast as drawing so many pixels. */
async function enlarged(raw: RawPicture, factor: number, seed: number): Promise<RawPicture> {
  const { width, height, channels } = raw;
  const size = { width: factor * width, height: factor * height };
  const data = await sharp(raw.data, { raw })
    .resize({ ...size, kernel: 'cubic' })
    .raw()
    .toBuffer();
  const random = seededRandom(seed);
  for (let at = 0; at < data.length; at += channels) {
    const noise = (random() - 0.5) * 2 * grain;
    for (let channel = at; channel < at + channels; channel += 1) {
      data[channel] = Math.min(255, Math.max(0, (data[channel] ?? 0) + noise));
    }
  }
  return { data, ...size, channels };
}

function encode(raw: RawPicture, spec: PictureSpec): Promise<Buffer> {
  const whole = sharp(raw.data, { raw });
  const picture = spec.cut ? whole.extract(spec.cut) : whole;
  switch (spec.encoding) {
    case 'jpeg':
      return picture.jpeg({ quality: spec.quality }).toBuffer();
    case 'progressive':
      return picture.jpeg({ quality: spec.quality, progressive: true }).toBuffer();
    case 'webp':
      return picture.webp({ quality: spec.quality }).toBuffer();
    case 'avif':
      return picture.avif({ quality: spec.quality, effort: 2 }).toBuffer(); // four times as fast as the usual effort
    case 'png':
      return picture.png().toBuffer();
  }
}
