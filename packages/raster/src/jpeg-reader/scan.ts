/** Walks through one scan, block by block, as the file holds them (T.81 A.2). */

import { EntropyReader } from './entropy-reader.ts';
import type { ComponentPlane } from './planes.ts';
import { readScanData, requireEnd } from './scan-data.ts';
import type { ScanComponent, ScanHeader } from './scan-header.ts';
import { BadJpegData, UnsupportedJpeg } from './unsupported-jpeg.ts';

/** What reads the blocks of one component in one scan. */
export interface BlockReader {
  /** The block in this column and row of the component's blocks. */
  read(reader: EntropyReader, column: number, row: number): void;
  /** Forgets the block before: there is a restart marker in between. */
  restart(): void;
}

export type WalkOptions = {
  bytes: Buffer;
  /** Where the scan's data begins. */
  from: number;
  buffer: Uint8Array;
  scan: ScanHeader;
  /** One for each of its components. */
  blockReaders: BlockReader[];
  /** Data that no block needs does not matter: whether all blocks are there is what is asked. */
  isLenient?: boolean;
};

/** Returns where the next marker stands. Throws `UnsupportedJpeg` when the data does not end where it should. */
export function walkScan({ bytes, from, buffer, scan, blockReaders, isLenient = false }: WalkOptions): number {
  const { mcusWide, mcusHigh, across, down } = gridOf(scan.components);
  const interval = scan.restartInterval || mcusWide * mcusHigh;
  const intervals = Math.ceil((mcusWide * mcusHigh) / interval);
  const { data, ends, markerAt } = readScanData({ bytes, from, buffer, intervals, isLenient });
  const reader = new EntropyReader(data);
  let left = interval;
  let restarts = 0;
  for (let row = 0; row < mcusHigh; row += 1) {
    for (let column = 0; column < mcusWide; column += 1) {
      if (left === 0) {
        requireEnd(reader.position, ends[restarts], isLenient);
        reader.position = (ends[restarts] ?? 0) * 8;
        restarts += 1;
        left = interval;
        for (const blocks of blockReaders) blocks.restart();
      }
      left -= 1;
      for (let index = 0; index < blockReaders.length; index += 1) {
        const blocks = blockReaders[index];
        const wide = across[index] ?? 1;
        const high = down[index] ?? 1;
        for (let v = 0; v < high; v += 1) {
          for (let u = 0; u < wide; u += 1) blocks?.read(reader, column * wide + u, row * high + v);
        }
      }
      if (reader.position > (ends[restarts] ?? 0) * 8) throw new BadJpegData('cut short');
    }
  }
  requireEnd(reader.position, ends[restarts], isLenient);
  return markerAt;
}

/**
 * MCUs of several components hold as many blocks of each as it has samples; alone, a component has one block after the
 * other.
 */
function gridOf(components: ScanComponent[]) {
  const [first] = components;
  if (!first) throw new UnsupportedJpeg('a scan of nothing');
  if (components.length === 1) {
    return { mcusWide: first.plane.blocksWide, mcusHigh: first.plane.blocksHigh, across: [1], down: [1] };
  }
  const across = components.map(({ plane }) => plane.component.across);
  const down = components.map(({ plane }) => plane.component.down);
  return { ...mcusOf(first.plane), across, down };
}

function mcusOf({ stride, data, component, blockSide }: ComponentPlane) {
  const mcusWide = stride / (component.across * blockSide);
  return { mcusWide, mcusHigh: data.length / stride / (component.down * blockSide) };
}
