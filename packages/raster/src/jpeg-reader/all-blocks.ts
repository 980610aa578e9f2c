/** Whether a JPEG has data for all of its blocks: decoders make grey of those that are missing, and may say nothing. */
import { createBlockReader } from './block-readers.ts';
import { forEachScan } from './each-scan.ts';
import type { JpegHeader } from './header.ts';
import { type ComponentPlane, createCountingPlanes } from './planes.ts';
import { readProgressive } from './progressive.ts';
import { walkScan } from './scan.ts';
import { roomForScans } from './scan-data.ts';
import { withEndMarker } from './segments.ts';
import { BadJpegData, UnsupportedJpeg } from './unsupported-jpeg.ts';

/**
 * Null where that cannot be told. Of any JPEG, whatever its colours (`readAnyJpegHeader`). A missing end marker, data that
 * no block needs and what follows do not matter. Reads all of it: a second for 100 megapixels, several where
 * they are progressive.
 */
export function hasAllBlocks(given: Buffer, header: JpegHeader): boolean | null {
  const bytes = withEndMarker(given);
  const planes = createCountingPlanes(header);
  const buffer = roomForScans(bytes, new Uint8Array(0));
  try {
    return header.isProgressive
      ? hasAllScans({ bytes, header, planes, buffer }, given.length)
      : hasAllComponents({ bytes, header, planes, buffer });
  } catch (err) {
    if (err instanceof BadJpegData) return false;
    if (err instanceof UnsupportedJpeg) return null;
    throw err;
  }
}

type CountedFile = { bytes: Buffer; header: JpegHeader; planes: ComponentPlane[]; buffer: Uint8Array };

/**
 * Some encoders leave out the last bits for good: each scan is there then, and an end marker behind the last. A file
 * without one was cut off, and should have all bits of all coefficients.
 */
function hasAllScans(file: CountedFile, fileBytes: number): boolean {
  const { progression, endAt } = readProgressive({ ...file, isLenient: true });
  const isEnded = endAt + 1 < fileBytes;
  return file.planes.every((plane) => (isEnded ? progression.hasMeans(plane) : progression.isComplete(plane)));
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
