/** File formats that generated pictures go through. */
import type { Pixels } from '@tintype/colour';
import sharp, { type Sharp } from 'sharp';

export type Encoding = (image: Sharp) => Sharp;

export const png: Encoding = (image) => image.png({ compressionLevel: 1 });
export const palettePng: Encoding = (image) => image.png({ palette: true, colours: 64 });
export const deepPng: Encoding = (image) => image.toColourspace('rgb16').png({ compressionLevel: 1 });
export const gif: Encoding = (image) => image.gif();
export const tiff: Encoding = (image) => image.tiff({ compression: 'lzw' });
export const losslessWebp: Encoding = (image) => image.webp({ lossless: true, effort: 1 });
export const avif: Encoding = (image) => image.avif({ quality: 60, effort: 1 });
export const webp =
  (quality: number): Encoding =>
  (image) =>
    image.webp({ quality, effort: 2 });
export const jpeg =
  (quality: number, chromaSubsampling = '4:2:0'): Encoding =>
  (image) =>
    image.jpeg({ quality, chromaSubsampling });
/** A JPEG of half the width and height. */
export const halfSizeJpeg =
  (quality: number, width: number): Encoding =>
  (image) =>
    image.resize({ width: Math.round(width / 2) }).jpeg({ quality });

export function encode({ data, width, height, channels }: Pixels, encoding: Encoding): Promise<Buffer> {
  return encoding(sharp(data, { raw: { width, height, channels } })).toBuffer();
}

/** The same picture in another file. */
export function reEncode(bytes: Buffer, encoding: Encoding): Promise<Buffer> {
  return encoding(sharp(bytes)).toBuffer();
}
