/** Reads a progressive file to its last bit, whatever is made of it: only so is it known that nothing is missing. */
import { forEachScan } from './each-scan.ts';
import type { JpegHeader } from './header.ts';
import type { ComponentPlane } from './planes.ts';
import { Progression } from './progression.ts';
import { FirstMeanReader, NextBitReader, ProgressiveBlocks } from './progressive-readers.ts';
import { walkScan } from './scan.ts';
import { roomForScans } from './scan-data.ts';
import type { ScanHeader } from './scan-header.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';
import { walkWaves } from './walk-waves.ts';

type ProgressiveFile = {
  bytes: Buffer;
  header: JpegHeader;
  planes: ComponentPlane[];
  buffer: Uint8Array;
  /** Data that no block needs does not matter. */
  isLenient?: boolean;
};

/**
 * What the scans say of the blocks of each plane, which bits are still to come when the last has been read, and where the
 * file ends then. Throws `UnsupportedJpeg`.
 */
export function readProgressive({ bytes, header, planes, buffer, isLenient = false }: ProgressiveFile) {
  const blocksOf = new Map(planes.map((plane) => [plane, new ProgressiveBlocks(plane)]));
  const progression = new Progression();
  const room = roomForScans(bytes, buffer);
  const endAt = forEachScan(bytes, header, planes, (scan, from) => {
    progression.add(scan);
    const walk = { bytes, from, buffer: room, scan, isLenient };
    const blocks = scan.components.map(({ plane }) => {
      const found = blocksOf.get(plane);
      if (!found) throw new UnsupportedJpeg('a scan of nothing');
      return found;
    });
    const [first] = blocks;
    if (first && scan.firstCoefficient > 0) return walkWaves({ ...walk, waves: first.waves });
    return walkScan({ ...walk, blockReaders: blocks.map((one, at) => meanReaderOf(one, scan, at)) });
  });
  return { blocksOf, progression, endAt };
}

function meanReaderOf(blocks: ProgressiveBlocks, scan: ScanHeader, at: number) {
  const { approximationHigh, approximationLow, components } = scan;
  const isFirst = approximationHigh === 0;
  return isFirst
    ? new FirstMeanReader(blocks, components[at]?.dc, approximationLow)
    : new NextBitReader(blocks, approximationLow);
}
