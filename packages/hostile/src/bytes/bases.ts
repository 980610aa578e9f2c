/** Valid pictures of every format, to be mutated; each is made once, when it is first needed. */
import { landscape } from '@tintype/testkit';
import sharp from 'sharp';

const width = 160;
const height = 120;

export type Bases = { [name in BaseName]: () => Promise<Buffer> };
export type BaseName = keyof typeof recipes;

const picture = () => {
  const raw = landscape(width, height, 7);
  return sharp(raw.data, { raw });
};

/** Four frames one above the other. */
const animation = () => {
  const raw = landscape(width, height * 4, 7);
  return sharp(raw.data, { raw: { ...raw, pageHeight: height } });
};

const recipes = {
  jpeg: () => picture().jpeg({ quality: 85 }).toBuffer(),
  progressiveJpeg: () => picture().jpeg({ quality: 85, progressive: true }).toBuffer(),
  png: () => picture().png().toBuffer(),
  interlacedPng: () => picture().png({ progressive: true }).toBuffer(),
  palettePng: () => picture().png({ palette: true, colours: 16 }).toBuffer(),
  gif: () => picture().gif({ effort: 1 }).toBuffer(),
  animatedGif: () => animation().gif({ effort: 1 }).toBuffer(),
  webp: () => picture().webp({ quality: 80 }).toBuffer(),
  losslessWebp: () => picture().webp({ lossless: true, effort: 0 }).toBuffer(),
  animatedWebp: () => animation().webp({ effort: 0 }).toBuffer(),
  avif: () => picture().avif({ effort: 0, quality: 50 }).toBuffer(),
  tiff: () => picture().tiff({ compression: 'none' }).toBuffer(),
  deflateTiff: () => picture().tiff({ compression: 'deflate' }).toBuffer(),
  tiledTiff: () => picture().tiff({ compression: 'lzw', tile: true, tileWidth: 64, tileHeight: 64 }).toBuffer(),
} as const;

/** The bases of one run. */
export function createBases(): Bases {
  const made = new Map<string, Promise<Buffer>>();
  const once = (name: BaseName) => () => {
    const there = made.get(name) ?? recipes[name]();
    made.set(name, there);
    return there;
  };
  return {
    jpeg: once('jpeg'),
    progressiveJpeg: once('progressiveJpeg'),
    png: once('png'),
    interlacedPng: once('interlacedPng'),
    palettePng: once('palettePng'),
    gif: once('gif'),
    animatedGif: once('animatedGif'),
    webp: once('webp'),
    losslessWebp: once('losslessWebp'),
    animatedWebp: once('animatedWebp'),
    avif: once('avif'),
    tiff: once('tiff'),
    deflateTiff: once('deflateTiff'),
    tiledTiff: once('tiledTiff'),
  };
}
