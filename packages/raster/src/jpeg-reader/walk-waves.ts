/** Walks through a scan of waves of a progressive file, which is of one component alone (T.81 G.1.1.1.1). */
import type { BlockWaves } from './block-waves.ts';
import type { WalkOptions } from './scan.ts';
import { readScanData, requireEnd } from './scan-data.ts';
import { WaveReader } from './wave-reader.ts';

type WalkWavesOptions = Omit<WalkOptions, 'blockReaders'> & { waves: BlockWaves };

/** As `walkScan` does it. */
export function walkWaves({ bytes, from, buffer, scan, waves, isLenient = false }: WalkWavesOptions): number {
  const { blocks } = waves;
  const interval = scan.restartInterval || blocks;
  const intervals = Math.ceil(blocks / interval);
  const { data, ends, markerAt } = readScanData({ bytes, from, buffer, intervals, isLenient });
  const reader = new WaveReader(data, scan, waves);
  for (let index = 0, start = 0; index < intervals; index += 1) {
    const end = (ends[index] ?? 0) * 8;
    const [first, behind] = [index * interval, Math.min(blocks, (index + 1) * interval)];
    const isFirstScan = scan.approximationHigh === 0;
    const read = isFirstScan ? reader.readFirst(first, behind, start, end) : reader.readNext(first, behind, start, end);
    requireEnd(read, ends[index], isLenient);
    start = end;
  }
  return markerAt;
}
