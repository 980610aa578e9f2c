/** A file's samples, as libvips gives them: turned upright and of the wanted size. */
import type { Size } from '@tintype/raster';
import { openPipeline } from './libvips.ts';
import type { SoundFile } from './sound-file.ts';

export type FailOn = 'none' | 'error' | 'warning';
/** Without a size the picture keeps its own. */
export type Source = {
  file: Pick<SoundFile, 'bytes' | 'page' | 'part'>;
  size: Size | null;
  timeoutMs: number;
  failOn: FailOn;
  ignoreIcc?: boolean;
};

/** Samples of the picture as it stands, in 8 bits each or in 16. */
export async function readSamples({ file, size, timeoutMs, failOn, ignoreIcc = false }: Source, isDeep = false) {
  const { bytes, page, part } = file;
  const pipeline = openPipeline(bytes, {
    failOn,
    ignoreIcc,
    page,
    pages: 1,
    autoOrient: true,
    limitInputPixels: false,
  });
  const shown = part ? pipeline.extract(part) : pipeline;
  return (size ? shown.resize({ ...size, fit: 'fill' }) : shown)
    .timeout({ seconds: Math.ceil(timeoutMs / 1000) })
    .toColourspace(isDeep ? 'rgb16' : 'srgb')
    .raw({ depth: isDeep ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
}
