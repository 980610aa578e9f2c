/** How libvips runs in this process: which loaders may see a stranger's bytes, how many threads, no cache. */
import sharp from 'sharp';

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

export { sharp };
