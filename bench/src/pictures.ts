/** The pictures of the suites, drawn in code: the same bytes on every run with one version of sharp. */
import { landscape, type RawPicture } from '@tintype/testkit';
import sharp from 'sharp';

/** A landscape of this size, or the part of it that begins at `left`, `top` and is as large as `cut` says. */
export type PictureSpec = { width: number; height: number; seed: number; cut?: Cut } & (
  | { encoding: 'jpeg' | 'progressive' | 'webp'; quality: number }
  | { encoding: 'png' }
);
export type Cut = { left: number; top: number; width: number; height: number };

export type Picture = { bytes: Buffer; contentType: string };

/** A function that draws and encodes; a landscape that is needed several times is drawn once. */
export function createPainter(): (spec: PictureSpec) => Promise<Picture> {
  const drawn = new Map<string, RawPicture>();
  return async (spec) => {
    const { width, height, seed } = spec;
    const key = `${width}×${height}/${seed}`;
    const raw = drawn.get(key) ?? landscape(width, height, seed);
    drawn.set(key, raw);
    return { bytes: await encode(raw, spec), contentType: contentTypes[spec.encoding] };
  };
}

const contentTypes: Record<PictureSpec['encoding'], string> = {
  jpeg: 'image/jpeg',
  progressive: 'image/jpeg',
  webp: 'image/webp',
  png: 'image/png',
};

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
    case 'png':
      return picture.png().toBuffer();
  }
}
