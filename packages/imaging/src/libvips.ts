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

/** Who wants to hear that a JPEG was decoded with warnings. */
const listeners = new Set<() => void>();
/** Of libvips, when a JPEG is let go of whose warnings nobody was told. */
const warned = /read gave \d+ warnings/;

/** A pipeline of sharp. What libvips warns of while it works is heard by `hearingWarnings`. */
export function openPipeline(...given: Parameters<typeof sharp>): Sharp {
  return sharp(...given).on('warning', tellWarning);
}

function tellWarning(message: string): void {
  if (warned.test(message)) for (const listener of listeners) listener();
}

/**
 * Does work, and says whether a JPEG was decoded with warnings meanwhile, even if only in its last rows. sharp gives what
 * libvips warns of to whichever pipeline ends next: none is missing here, but it may have been about another picture of
 * this process. An error may hold the warnings of others, too.
 */
export async function hearingWarnings<Result>(
  work: () => Promise<Result>,
): Promise<{ result: Result; isWarned: boolean }> {
  let isWarned = false;
  const listener = () => {
    isWarned = true;
  };
  listeners.add(listener);
  try {
    const result = await work();
    return { result, isWarned };
  } catch (err) {
    if (err instanceof Error) tellWarning(err.message);
    throw err;
  } finally {
    listeners.delete(listener);
  }
}
