/** Whether a JPEG has data for all of its blocks: decoders make grey of those that are missing, and say nothing. */
import { createBlockReader } from './block-readers.ts';
import { forEachScan } from './each-scan.ts';
import type { JpegHeader } from './header.ts';
import { createCountingPlanes } from './planes.ts';
import { walkScan } from './scan.ts';
import { BadJpegData, UnsupportedJpeg } from './unsupported-jpeg.ts';

/**
 * Null where that cannot be told. Of a sequential JPEG, whatever its colours (`readAnyJpegHeader`). Data that no block needs, wrong numbers of restart
 * markers and what follows do not matter. Reads all of it: a second for 100 megapixels.
 */
export function hasAllBlocks(bytes: Buffer, header: JpegHeader): boolean | null {
  if (header.isProgressive) throw new Error('of a progressive picture only its decoder knows');
  const planes = createCountingPlanes(header);
  const left = new Set(planes);
  try {
    forEachScan(bytes, header, planes, (scan, from) => {
      for (const { plane } of scan.components) left.delete(plane);
      const blockReaders = scan.components.map((component) => createBlockReader(component, bytes.length));
      const end = walkScan({ bytes, from, buffer: new Uint8Array(0), scan, blockReaders, isLenient: true });
      return left.size === 0 ? null : end;
    });
    return left.size === 0;
  } catch (err) {
    if (err instanceof BadJpegData) return false;
    if (err instanceof UnsupportedJpeg) return null;
    throw err;
  }
}
