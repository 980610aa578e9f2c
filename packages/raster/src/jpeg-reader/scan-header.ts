/** The header of a scan: which components it has, and what it says of them. */
import type { FileTable, FileTables } from './huffman.ts';
import type { ComponentPlane } from './planes.ts';
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
