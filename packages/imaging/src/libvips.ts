/** How libvips runs in this process: which loaders may see a stranger's bytes, how many threads, no cache. */
import sharp, { type Sharp } from 'sharp';

/** Loaders of the accepted formats, from memory only; everything else libvips could read is switched off. */
const allowedLoaders = [
  'VipsForeignLoadJpegBuffer',
  'VipsForeignLoadPngBuffer',
  'VipsForeignLoadWebpBuffer',
  'VipsForeignLoadNsgifBuffer',
  'VipsForeignLoadHeifBuffer',
  'VipsForeignLoadTiffBuffer',
];

sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: allowedLoaders });
// Many pictures at once use the cores better than many threads on one; a cache only holds pictures that never come
// back.
sharp.concurrency(1);
sharp.cache(false);

type Listener = (warning: string) => void;
const listeners = new Set<Listener>();

/** A pipeline of sharp; what libvips warns of goes to `withWarnings`. */
export function openPipeline(...given: Parameters<typeof sharp>): Sharp {
  return sharp(...given).on('warning', (warning: string) => {
    for (const hear of listeners) hear(warning);
  });
}

/**
 * Does work, and tells what libvips has warned of meanwhile. sharp gives a warning to whichever pipeline ends next: none is
 * missing here, but there may be some that are about other pictures of this process.
 */
export async function withWarnings<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; warnings: string[] }> {
  const warnings: string[] = [];
  const hear: Listener = (warning) => warnings.push(warning);
  listeners.add(hear);
  try {
    return { result: await work(), warnings };
  } finally {
    listeners.delete(hear);
  }
}
