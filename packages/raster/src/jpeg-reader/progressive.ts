/** Reads a progressive file: to its last bit, or what a reduced picture is made of. */
import type { BlockWaves } from './block-waves.ts';
import { forEachScan } from './each-scan.ts';
import type { JpegHeader } from './header.ts';
import type { ComponentPlane } from './planes.ts';
import { Progression } from './progression.ts';
import { FirstMeanReader, NextBitReader, ProgressiveBlocks } from './progressive-readers.ts';
import { walkScan } from './scan.ts';
import { findScanEnd, roomForScans } from './scan-data.ts';
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
  /** Scans of which the planes are not made are looked for and not read: two thirds of a file, as a rule. */
  isForPlanes?: boolean;
};

/**
 * What the scans say of the blocks of each plane, which bits are still to come when the last has been read, and where the
 * file ends then. Throws `UnsupportedJpeg`.
 */
export function readProgressive(file: ProgressiveFile) {
  const { bytes, header, planes, buffer, isLenient = false, isForPlanes = false } = file;
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
    if (first && scan.firstCoefficient > 0) {
      if (isForPlanes && !isOfPlanes(scan, first.waves)) return findScanEnd(bytes, from);
      first.waves.noteRead(scan);
      return walkWaves({ ...walk, waves: first.waves });
    }
    return walkScan({ ...walk, blockReaders: blocks.map((one, at) => meanReaderOf(one, scan, at)) });
  });
  return { blocksOf, progression, endAt };
}

/**
 * Of the waves that are kept the first scan alone: the bits that follow say half a step more, and to read them takes all
 * that came before of all other waves.
 */
function isOfPlanes({ firstCoefficient, approximationHigh }: ScanHeader, { lastKept }: BlockWaves): boolean {
  return approximationHigh === 0 && firstCoefficient <= lastKept;
}

function meanReaderOf(blocks: ProgressiveBlocks, scan: ScanHeader, at: number) {
  const { approximationHigh, approximationLow, components } = scan;
  const isFirst = approximationHigh === 0;
  return isFirst
    ? new FirstMeanReader(blocks, components[at]?.dc, approximationLow)
    : new NextBitReader(blocks, approximationLow);
}
