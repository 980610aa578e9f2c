/** The directories of a TIFF (TIFF 6.0, section 2; BigTIFF, whose numbers are wider), as far as a stranger's file has them. */

export type TiffEntry = {
  tag: number;
  /** Type of its values, which may be none that anybody knows. */
  type: number;
  count: number;
  /** As it stands in the directory. */
  raw: Buffer;
};

export type TiffDirectory = { entries: ReadonlyMap<number, TiffEntry>; nextAt: number };

export type TiffFile = {
  bytes: Buffer;
  isLittle: boolean;
  isBig: boolean;
  firstAt: number;
};

/** A usual directory has some twenty. */
const maxEntries = 1000;
const valueBytes: Readonly<Record<number, number>> = {
  ...{ 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8 },
};

/** Of bytes that begin as a TIFF does. */
export function openTiff(bytes: Buffer): TiffFile {
  const isLittle = bytes[0] === 0x49;
  const isBig = bytes[isLittle ? 2 : 3] === 43;
  const file = { bytes, isLittle, isBig, firstAt: 0 };
  return { ...file, firstAt: numberAt(file, isBig ? 8 : 4, isBig ? 8 : 4) };
}

/** Null where there is none. `most`: its first entries are enough, which stand in the order of their tags. */
export function directoryAt(file: TiffFile, at: number, most = maxEntries): TiffDirectory | null {
  const { bytes, isBig } = file;
  const { countBytes, entryBytes, offsetBytes } = widthsOf(isBig);
  const count = numberAt(file, at, countBytes);
  const end = at + countBytes + count * entryBytes;
  if (at === 0 || count === 0 || count > maxEntries || end > bytes.length) return null;
  const entries = new Map<number, TiffEntry>();
  const lastEnd = Math.min(end, at + countBytes + most * entryBytes);
  for (let from = at + countBytes; from < lastEnd; from += entryBytes) {
    const raw = bytes.subarray(from, from + entryBytes);
    const tag = numberAt(file, from, 2);
    // Of several of one tag the first counts.
    if (!entries.has(tag)) {
      entries.set(tag, { tag, type: numberAt(file, from + 2, 2), count: numberAt(file, from + 4, offsetBytes), raw });
    }
  }
  return { entries, nextAt: numberAt(file, end, offsetBytes) };
}

/** The first values of an entry; none where it is missing, no numbers, or where the file is cut off before they end. */
export function numbersOf(file: TiffFile, entry: TiffEntry | undefined, most = 16): number[] {
  const width = entry ? valueBytes[entry.type] : undefined;
  if (!entry || (width !== 1 && width !== 2 && width !== 4 && width !== 8)) return [];
  const { offsetBytes } = widthsOf(file.isBig);
  const valueAt = entry.raw.byteOffset - file.bytes.byteOffset + 4 + offsetBytes;
  const isInside = entry.count * width <= offsetBytes;
  const from = isInside ? valueAt : numberAt(file, valueAt, offsetBytes);
  if (from + entry.count * width > file.bytes.length) return [];
  return Array.from({ length: Math.min(entry.count, most) }, (_, nth) => numberAt(file, from + nth * width, width));
}

/** The file with one directory alone, which has these entries. What they point to stays where it is. */
export function withDirectory({ bytes, isLittle, isBig }: TiffFile, entries: readonly TiffEntry[]): Buffer {
  const { countBytes, offsetBytes } = widthsOf(isBig);
  const at = bytes.length + (bytes.length % 2);
  const head = Buffer.from(bytes.subarray(0, isBig ? 16 : 8));
  writeNumber(head, at, isBig ? 8 : 4, offsetBytes, isLittle);
  const count = Buffer.alloc(countBytes);
  writeNumber(count, entries.length, 0, countBytes, isLittle);
  const sorted = [...entries].sort((one, other) => one.tag - other.tag);
  return Buffer.concat([
    head,
    bytes.subarray(head.length),
    Buffer.alloc(bytes.length % 2),
    count,
    ...sorted.map(({ raw }) => raw),
    Buffer.alloc(offsetBytes),
  ]);
}

function widthsOf(isBig: boolean) {
  return isBig
    ? ({ countBytes: 8, entryBytes: 20, offsetBytes: 8 } as const)
    : ({ countBytes: 2, entryBytes: 12, offsetBytes: 4 } as const);
}

/** 0 outside of the file. */
function numberAt({ bytes, isLittle }: Omit<TiffFile, 'firstAt'>, at: number, width: 1 | 2 | 4 | 8): number {
  if (at < 0 || at + width > bytes.length) return 0;
  if (width === 8) return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  return isLittle ? bytes.readUIntLE(at, width) : bytes.readUIntBE(at, width);
}

function writeNumber(into: Buffer, value: number, at: number, width: 2 | 4 | 8, isLittle: boolean): void {
  if (width === 8 && isLittle) into.writeBigUInt64LE(BigInt(value), at);
  else if (width === 8) into.writeBigUInt64BE(BigInt(value), at);
  else if (isLittle) into.writeUIntLE(value, at, width);
  else into.writeUIntBE(value, at, width);
}
