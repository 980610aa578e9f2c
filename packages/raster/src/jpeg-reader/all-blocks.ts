/** Whether a JPEG has data for all of its blocks: decoders make grey of those that are missing, and may say nothing. */
import { createBlockReader } from './block-readers.ts';
import { forEachScan } from './each-scan.ts';
import type { JpegHeader } from './header.ts';
import { type ComponentPlane, createCountingPlanes } from './planes.ts';
import { readProgressive } from './progressive.ts';
import { walkScan } from './scan.ts';
import { roomForScans } from './scan-data.ts';
import { BadJpegData, UnsupportedJpeg } from './unsupported-jpeg.ts';

/**
 * Null where that cannot be told. Of any JPEG, whatever its colours (`readAnyJpegHeader`), which must have an end marker.
 * Data that no block needs does not matter, nor what follows. Reads all of it: a second for 100 megapixels, several where
 * they are progressive.
 */
export function hasAllBlocks(bytes: Buffer, header: JpegHeader): boolean | null {
  const planes = createCountingPlanes(header);
  const buffer = roomForScans(bytes, new Uint8Array(0));
  try {
    return header.isProgressive
      ? hasAllScans({ bytes, header, planes, buffer })
      : hasAllComponents({ bytes, header, planes, buffer });
  } catch (err) {
    if (err instanceof BadJpegData) return false;
    if (err instanceof UnsupportedJpeg) return null;
    throw err;
  }
}

type CountedFile = { bytes: Buffer; header: JpegHeader; planes: ComponentPlane[]; buffer: Uint8Array };

/** Some files leave out the last bits for good: what they have is whole when each scan is, and each component has one. */
function hasAllScans(file: CountedFile): boolean {
  const { progression } = readProgressive({ ...file, isLenient: true });
  return file.planes.every((plane) => progression.hasMeans(plane));
}

function hasAllComponents({ bytes, header, planes, buffer }: CountedFile): boolean {
  const left = new Set(planes);
  forEachScan(bytes, header, planes, (scan, from) => {
    for (const { plane } of scan.components) left.delete(plane);
    const blockReaders = scan.components.map((component) => createBlockReader(component, bytes.length));
    const end = walkScan({ bytes, from, buffer, scan, blockReaders, isLenient: true });
    return left.size === 0 ? null : end;
  });
  return left.size === 0;
}
