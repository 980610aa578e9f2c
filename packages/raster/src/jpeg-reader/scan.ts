/** Walks through one scan, block by block, as the file holds them (T.81 A.2). */

import { EntropyReader } from './entropy-reader.ts';
import type { FileTable, FileTables } from './huffman.ts';
import type { ComponentPlane } from './planes.ts';
import { readScanData } from './scan-data.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

/** A component's part in a scan. */
export type ScanComponent = { plane: ComponentPlane; dc: FileTable | undefined; ac: FileTable | undefined };

export type ScanHeader = {
  components: ScanComponent[];
  /** MCUs from one restart marker to the next; 0 for none. */
  restartInterval: number;
  /** First and last coefficient, and the bits of them that earlier scans and this one leave out. */
  firstCoefficient: number;
  lastCoefficient: number;
  approximationHigh: number;
  approximationLow: number;
};

/** T.81 B.2.3. */
export function readScanHeader(
  body: Uint8Array,
  planes: ComponentPlane[],
  tables: FileTables,
  restartInterval: number,
): ScanHeader {
  const count = body[0] ?? 0;
  if (count < 1 || count > planes.length || body.length !== 4 + 2 * count) throw new UnsupportedJpeg('a strange scan');
  const components = Array.from({ length: count }, (_, index) => {
    const id = body[1 + 2 * index];
    const names = body[2 + 2 * index] ?? 0;
    const plane = planes.find(({ component }) => component.id === id);
    if (!plane) throw new UnsupportedJpeg('a scan of nothing');
    return { plane, dc: tables.dc[names >> 4], ac: tables.ac[names & 15] };
  });
  if (new Set(components.map(({ plane }) => plane)).size !== count)
    throw new UnsupportedJpeg('a component twice in a scan');
  const [firstCoefficient = 0, lastCoefficient = 0, approximation = 0] = body.subarray(1 + 2 * count);
  const approximationHigh = approximation >> 4;
  return {
    components,
    restartInterval,
    firstCoefficient,
    lastCoefficient,
    approximationHigh,
    approximationLow: approximation & 15,
  };
}

/** What reads the blocks of one component in one scan. */
export interface BlockReader {
  /** The block in this column and row of the component's blocks. */
  read(reader: EntropyReader, column: number, row: number): void;
  /** Forgets the block before: there is a restart marker in between. */
  restart(): void;
}

type WalkOptions = {
  bytes: Buffer;
  /** Where the scan's data begins. */
  from: number;
  buffer: Uint8Array;
  scan: ScanHeader;
  /** One for each of its components. */
  blockReaders: BlockReader[];
  /**
   * Where in the data the last block begins. Who tells takes scans that are not as they should be, as long as no block is
   * missing: data may be left over, and the very last block may lack some, or begin two bytes behind the data.
   */
  lastBlockAt?: () => number;
};

/** Blocks of flat colour are that short: where the very last byte is missing, it may have held several. */
const toleratedBits = 16;

/** Returns where the next marker stands. Throws `UnsupportedJpeg` when the data does not end where it should. */
export function walkScan({ bytes, from, buffer, scan, blockReaders, lastBlockAt }: WalkOptions): number {
  const { mcusWide, mcusHigh, across, down } = gridOf(scan.components);
  const interval = scan.restartInterval || mcusWide * mcusHigh;
  const intervals = Math.ceil((mcusWide * mcusHigh) / interval);
  const { data, ends, markerAt } = readScanData({ bytes, from, buffer, intervals });
  const reader = new EntropyReader(data);
  const requireEnd = lastBlockAt ? requireBlocks : requireExactEnd;
  let left = interval;
  let restarts = 0;
  for (let row = 0; row < mcusHigh; row += 1) {
    for (let column = 0; column < mcusWide; column += 1) {
      if (left === 0) {
        requireEnd(reader, ends[restarts]);
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
      if (reader.position > (ends[restarts] ?? 0) * 8) {
        const isLast = row === mcusHigh - 1 && column === mcusWide - 1;
        const isNearEnd = isLast && lastBlockAt && lastBlockAt() < (ends[restarts] ?? 0) * 8 + toleratedBits;
        if (!isNearEnd) throw new UnsupportedJpeg('cut short');
        return markerAt;
      }
    }
  }
  requireEnd(reader, ends[restarts]);
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

/** Less than a byte may be left over. Leaves the reader at the start of what follows. */
function requireExactEnd(reader: EntropyReader, end: number | undefined): void {
  if (end === undefined || Math.ceil(reader.position / 8) !== end)
    throw new UnsupportedJpeg('not as much data as blocks');
  reader.position = end * 8;
}

/** The same where there may be more data than blocks. */
function requireBlocks(reader: EntropyReader, end: number | undefined): void {
  if (end === undefined) throw new UnsupportedJpeg('cut short');
  reader.position = end * 8;
}
