/** One scene at any size: beyond five megapixels it is mirrored at its edges, so that a pixel is as hard everywhere. */
import { landscape } from '@tintype/testkit';
import sharp from 'sharp';
import type { Picture } from '../pictures.ts';

export const sceneEncodings = ['jpeg', 'progressive', 'png', 'alpha', 'webp'] as const;
export type SceneEncoding = (typeof sceneEncodings)[number];
/** `alpha` is a PNG that is clear at its left edge and opaque at its right one. */
export type Scene = { width: number; height: number; encoding: SceneEncoding; quality?: number };

const tile = { width: 2592, height: 1944 };
/** About 0.2 bytes per pixel: a hundred megapixels stay below the 25 MB that the service fetches. */
const usualQuality = 93;
const seed = 1;

/** A function that draws and encodes; the tile is drawn once. */
export function createScenePainter(): (scene: Scene) => Promise<Picture> {
  let drawn: ReturnType<typeof landscape> | undefined;
  return async ({ width, height, encoding, quality = usualQuality }) => {
    const isLarge = width > tile.width || height > tile.height;
    if (isLarge) drawn ??= landscape(tile.width, tile.height, seed);
    const raw = isLarge && drawn ? drawn : landscape(width, height, seed);
    const picture = sharp(raw.data, { raw }).extend({
      right: width - raw.width,
      bottom: height - raw.height,
      extendWith: 'mirror',
    });
    if (encoding === 'png') return { bytes: await picture.png().toBuffer(), contentType: 'image/png' };
    if (encoding === 'webp') return { bytes: await picture.webp({ quality }).toBuffer(), contentType: 'image/webp' };
    if (encoding === 'alpha') {
      const opacity = Buffer.alloc(width * height);
      for (let at = 0; at < opacity.length; at += 1) opacity[at] = (255 * (at % width)) / (width - 1);
      const clear = picture.joinChannel(opacity, { raw: { width, height, channels: 1 } });
      return { bytes: await clear.png().toBuffer(), contentType: 'image/png' };
    }
    const bytes = await picture.jpeg({ quality, progressive: encoding === 'progressive' }).toBuffer();
    return { bytes, contentType: 'image/jpeg' };
  };
}

/** `jpeg-640x480`: the name under which the origin serves a scene. */
export function sceneName({ encoding, width, height }: Scene): string {
  return `${encoding}-${width}x${height}`;
}

/** Reads such a name; throws on others. */
export function parseSceneName(name: string): Scene {
  const [, word, width, height] = /^(\w+)-(\d+)x(\d+)$/.exec(name) ?? [];
  const encoding = sceneEncodings.find((known) => known === word);
  if (encoding === undefined) throw new TypeError(`${name} names no scene`);
  return { encoding, width: Number(width), height: Number(height) };
}
