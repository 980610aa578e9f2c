/** TIFF made from directory entries; the same structure is what EXIF is. */
const typeBytes: Record<number, number> = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 13: 4 };

/** One entry. `value` as numbers of its type, or bytes as they are; `count` and `at` may lie. */
export type TiffEntry = { tag: number; type: number; value: number | number[] | Buffer; count?: number; at?: number };

export const tiffTypes = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5, undefined: 7, ifd: 13 } as const;

export type TiffOptions = {
  /** Pixel data, put at `tiffDataAt`: entries that are to point there say so themselves. */
  data?: Buffer;
  /** Offset of the next directory; 0 ends the chain. */
  next?: number;
  /** Number of entries that the directory claims to have. */
  claimedEntries?: number;
};

/** Pixel data begin here in every TIFF that `tiffOf` makes: right behind the header. */
export const tiffDataAt = 8;

function valueBytes({ type, value }: TiffEntry): Buffer {
  if (Buffer.isBuffer(value)) return value;
  const size = typeBytes[type] ?? 1;
  const numbers = Array.isArray(value) ? value : [value];
  const bytes = Buffer.alloc(numbers.length * size);
  numbers.forEach((number, i) => {
    if (size === 8) bytes.writeUInt32LE(number, i * 8);
    else bytes.writeUIntLE(number, i * size, size);
    if (size === 8) bytes.writeUInt32LE(1, i * 8 + 4);
  });
  return bytes;
}

function countOf(entry: TiffEntry): number {
  return entry.count ?? valueBytes(entry).length / (typeBytes[entry.type] ?? 1);
}

/** Where the directory of `tiffOf` begins, given its data. */
export function tiffDirectoryAt(data: Buffer = Buffer.alloc(0)): number {
  return tiffDataAt + data.length + (data.length % 2);
}

/** Little-endian: header, data, one directory, the values that do not fit into an entry. */
export function tiffOf(entries: readonly TiffEntry[], options: TiffOptions = {}): Buffer {
  const data = options.data ?? Buffer.alloc(0);
  const header = Buffer.from([0x49, 0x49, 42, 0, 0, 0, 0, 0]);
  const directoryAt = tiffDirectoryAt(data);
  header.writeUInt32LE(directoryAt, 4);
  const directory = Buffer.alloc(2 + entries.length * 12 + 4);
  directory.writeUInt16LE(options.claimedEntries ?? entries.length, 0);
  directory.writeUInt32LE(options.next ?? 0, directory.length - 4);
  const outside: Buffer[] = [];
  let outsideAt = directoryAt + directory.length;
  entries.forEach((entry, i) => {
    const bytes = valueBytes(entry);
    const at = 2 + i * 12;
    directory.writeUInt16LE(entry.tag, at);
    directory.writeUInt16LE(entry.type, at + 2);
    directory.writeUInt32LE(countOf(entry), at + 4);
    if (entry.at !== undefined) directory.writeUInt32LE(entry.at, at + 8);
    else if (bytes.length <= 4) bytes.copy(directory, at + 8);
    else {
      directory.writeUInt32LE(outsideAt, at + 8);
      outside.push(bytes);
      outsideAt += bytes.length;
    }
  });
  return Buffer.concat([header, data, Buffer.alloc(data.length % 2), directory, ...outside]);
}

/** Names of the tags that pictures need (TIFF 6.0). */
export const tiffTags = {
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  orientation: 274,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planar: 284,
  predictor: 317,
  colourMap: 320,
  tileWidth: 322,
  tileHeight: 323,
  tileOffsets: 324,
  tileByteCounts: 325,
  subDirectories: 330,
  sampleFormat: 339,
  exif: 34665,
  gps: 34853,
} as const;

export type TiffTag = keyof typeof tiffTags;

/** Entries by name, in the order of their tags; numbers become LONG, or SHORT where they are small. */
export function tiffEntries(values: Partial<Record<TiffTag, number | number[]>>): TiffEntry[] {
  const names = Object.keys(tiffTags).filter((name): name is TiffTag => name in values);
  return names
    .map((name) => {
      const value = values[name] ?? 0;
      const type = [value].flat().every((number) => number < 65_536) ? tiffTypes.short : tiffTypes.long;
      return { tag: tiffTags[name], type, value };
    })
    .sort((a, b) => a.tag - b.tag);
}

/** A plain picture in one strip, with whatever is to be different. */
export function plainTiff(
  width: number,
  height: number,
  data: Buffer,
  different: Partial<Record<TiffTag, number | number[]>> = {},
  options: TiffOptions = {},
): Buffer {
  const entries = tiffEntries({
    width,
    height,
    bitsPerSample: 8,
    compression: 1,
    photometric: 1,
    stripOffsets: tiffDataAt,
    samplesPerPixel: 1,
    rowsPerStrip: height,
    stripByteCounts: data.length,
    ...different,
  });
  return tiffOf(entries, { ...options, data });
}
