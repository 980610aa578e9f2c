/** The pictures of the load: drawn in code, the same pixels on every run, and as many files of each as are needed. */
import { landscape, withMark } from '@tintype/testkit';
import sharp from 'sharp';

export type Picture = {
  /** As `photo-2`: what comes out of it is compared under this name. */
  name: string;
  contentType: string;
  bytes: Buffer;
};

/** What the load is made of, in turn: mostly small files, some that are downloaded and decoded for longer. */
const kinds = [
  { name: 'small', width: 320, height: 240, format: 'jpeg' },
  { name: 'photo', width: 2400, height: 1600, format: 'jpeg' },
  { name: 'small', width: 320, height: 240, format: 'jpeg' },
  { name: 'drawing', width: 1400, height: 1000, format: 'png' },
] as const;

/** As many megapixels as are accepted, nearly: nothing shortens the decode of a PNG. */
const longSides = { width: 10_800, height: 9_000 };

const scene = { width: 900, height: 600, seed: 11 };
const window = { width: 450, height: 300 };

/** `count` different pictures; `scale`: how long their sides are, as part of the usual ones. */
export async function drawPictures(count: number, scale = 1): Promise<Picture[]> {
  const raw = landscape(scene.width, scene.height, scene.seed);
  return Promise.all(
    Array.from({ length: count }, async (_, index) => {
      const { name, width, height, format } = kinds[index % kinds.length] ?? kinds[0];
      const left = (index * 97) % (scene.width - window.width);
      const top = (index * 61) % (scene.height - window.height);
      const picture = sharp(raw.data, { raw })
        .extract({ left, top, ...window })
        .resize(width * scale, height * scale);
      const bytes = await (format === 'png' ? picture.png({ compressionLevel: 3 }) : picture.jpeg()).toBuffer();
      return { name: `${name}-${index}`, contentType: `image/${format}`, bytes };
    }),
  );
}

/** A picture whose decode takes about a second: a large PNG of few colours, small as a file. */
export async function drawLongPicture(): Promise<Picture> {
  const create = { ...longSides, channels: 3, background: '#c0392b' } as const;
  const patch = { create: { width: 3000, height: 2000, channels: 3, background: '#1e3a5f' } } as const;
  const bytes = await sharp({ create, limitInputPixels: false })
    .composite([{ input: patch, left: 500, top: 700 }])
    .png({ compressionLevel: 1 })
    .toBuffer();
  return { name: 'long', contentType: 'image/png', bytes };
}

/** The same pixels in a file that there was never before: nothing that was done earlier serves again. */
export function freshFile(picture: Picture, mark: string): Buffer {
  return withMark(picture.bytes, mark);
}
