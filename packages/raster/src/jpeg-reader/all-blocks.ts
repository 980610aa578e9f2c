/** Whether anything is missing of a JPEG: all of its data is read, and nothing is made of it. */
import { createBlockReader } from './block-readers.ts';
import type { EntropyReader } from './entropy-reader.ts';
import type { JpegHeader } from './header.ts';
import { type ComponentPlane, createPlanes } from './planes.ts';
import { Progression } from './progression.ts';
import { FirstMeanReader, NextBitReader, ProgressiveBlocks } from './progressive-readers.ts';
import { type BlockReader, type ScanComponent, type ScanHeader, walkScan } from './scan.ts';
import { forEachScan } from './scans.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';
import { FirstWavesCheck, NextWavesCheck, WaveHistory } from './wave-checks.ts';

const noBuffer = new Uint8Array(0);

/**
 * Whether every block of every scan is there; at the end of a scan some bits may be missing, and what is left over does
 * not matter. False also of what is too unusual to be read here. Measured: 2 ms a megapixel, 12 where it is progressive.
 */
export function hasAllBlocks(bytes: Buffer, header: JpegHeader): boolean {
  try {
    const planes = createPlanes(header, 1);
    const missing = new Set(planes);
    const readersOf = header.isProgressive ? progressiveReaders(planes) : sequentialReaders(bytes.length);
    forEachScan(bytes, header, planes, (scan, from) => {
      for (const { plane } of scan.components) missing.delete(plane);
      const last = new LastBlock();
      const blockReaders = readersOf(scan).map((reader) => last.watch(reader));
      return walkScan({ bytes, from, buffer: noBuffer, scan, blockReaders, lastBlockAt: () => last.at });
    });
    return missing.size === 0;
  } catch (err) {
    if (err instanceof UnsupportedJpeg) return false;
    throw err;
  }
}

type ReadersOf = (scan: ScanHeader) => BlockReader[];

function sequentialReaders(fileBytes: number): ReadersOf {
  return ({ components }) => components.map((component) => createBlockReader(component, fileBytes));
}

function progressiveReaders(planes: ComponentPlane[]): ReadersOf {
  const progression = new Progression();
  const known = new Map(
    planes.map((plane) => {
      const means = new ProgressiveBlocks(plane);
      return [plane, { means, waves: new WaveHistory(means.means.length, means.blocksAcross) }];
    }),
  );
  return (scan) => {
    progression.add(scan);
    return scan.components.map((component) => {
      const blocks = known.get(component.plane);
      if (!blocks) throw new UnsupportedJpeg('a scan of nothing');
      return scan.firstCoefficient === 0
        ? meanReader(blocks.means, component, scan)
        : wavesCheck(blocks.waves, component, scan);
    });
  };
}

function meanReader(
  means: ProgressiveBlocks,
  { dc }: ScanComponent,
  { approximationHigh, approximationLow }: ScanHeader,
): BlockReader {
  return approximationHigh === 0
    ? new FirstMeanReader(means, dc, approximationLow)
    : new NextBitReader(means, approximationLow);
}

function wavesCheck(
  waves: WaveHistory,
  { ac }: ScanComponent,
  { firstCoefficient, lastCoefficient, approximationHigh }: ScanHeader,
): BlockReader {
  if (!ac) throw new UnsupportedJpeg('a scan without its table');
  const band = [firstCoefficient, lastCoefficient] as const;
  return approximationHigh === 0
    ? new FirstWavesCheck(waves, ac.build(), band)
    : new NextWavesCheck(waves, ac.build(), band);
}

/** Remembers where in the data the last block began. */
class LastBlock {
  at = 0;

  watch(blocks: BlockReader): BlockReader {
    return {
      read: (reader: EntropyReader, column: number, row: number) => {
        this.at = reader.position;
        blocks.read(reader, column, row);
      },
      restart: () => blocks.restart(),
    };
  }
}
