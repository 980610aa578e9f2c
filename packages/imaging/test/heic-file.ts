/** HEIC files put together of HEVC that libheif wrote (fixtures/heic.py), with other items and properties around it. */
import { readFileSync } from 'node:fs';

export const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}`, import.meta.url));

export type HeifItem = { type: string; data: Buffer; properties: Buffer[] };
export type HeifReference = { type: string; from: number; to: number[] };

const bytes = (...values: number[]) => Buffer.from(values);
const text = (words: string) => Buffer.from(words, 'latin1');
export const uint16 = (value: number) => bytes(value >> 8, value & 255);
const uint32 = (value: number) => {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return data;
};

export function box(type: string, ...inside: Buffer[]): Buffer {
  const data = Buffer.concat(inside);
  return Buffer.concat([uint32(data.length + 8), text(type), data]);
}

const fullBox = (type: string, ...inside: Buffer[]) => box(type, Buffer.alloc(4), ...inside);

export const colour = {
  codes: (primaries: number, transfer: number, isFull = true) =>
    box('colr', text('nclx'), uint16(primaries), uint16(transfer), uint16(6), bytes(isFull ? 0x80 : 0)),
  profile: (profile: Buffer) => box('colr', text('prof'), profile),
};
/** Quarters of a turn against the clock. */
export const rotation = (turns: number) => box('irot', bytes(turns));
export const mirror = (axis: number) => box('imir', bytes(axis));
export const extents = (width: number, height: number) => fullBox('ispe', uint32(width), uint32(height));

/** The picture of a fixture, as an item. */
export function itemOf(file: Buffer, ...more: Buffer[]): HeifItem {
  return {
    type: 'hvc1',
    data: find(file, 'mdat').subarray(8),
    properties: [find(file, 'hvcC'), find(file, 'ispe'), ...more],
  };
}

/** The box of this name, with its head. */
export function find(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type) - 4;
  return file.subarray(at, at + file.readUInt32BE(at));
}

/** ISO/IEC 23008-12, 6.6.2.3.2. */
export function gridOf(
  columns: number,
  rows: number,
  width: number,
  height: number,
  ...properties: Buffer[]
): HeifItem {
  const data = Buffer.concat([bytes(0, 0, rows - 1, columns - 1), uint16(width), uint16(height)]);
  return { type: 'grid', data, properties: [extents(width, height), ...properties] };
}

/** Items have the ids 1, 2 and so on; their data follow each other in that order at the end of the file. */
export function heifFile(items: HeifItem[], references: HeifReference[] = [], primary = 1, brand = 'heic'): Buffer {
  const properties = [
    ...new Map(items.flatMap((item) => item.properties).map((one) => [one.toString('hex'), one])).values(),
  ];
  const ftyp = box('ftyp', text(brand), Buffer.alloc(4), text(`mif1${brand}`));
  const metaAt = (dataAt: number) => {
    let at = dataAt;
    const locations = items.map(({ data }, nth) => {
      const location = Buffer.concat([uint16(nth + 1), uint16(0), uint16(1), uint32(at), uint32(data.length)]);
      at += data.length;
      return location;
    });
    const associations = items.map((item, nth) => {
      const indexes = item.properties.map((one) => properties.findIndex((property) => property.equals(one)) + 1);
      return Buffer.concat([uint16(nth + 1), bytes(indexes.length), ...indexes.map(uint16)]);
    });
    const infe = ({ type }: HeifItem, nth: number) =>
      box('infe', bytes(2, 0, 0, 0), uint16(nth + 1), uint16(0), text(`${type}\0`));
    const iref = ({ type, from, to }: HeifReference) => box(type, uint16(from), uint16(to.length), ...to.map(uint16));
    return fullBox(
      'meta',
      fullBox('hdlr', Buffer.alloc(4), text('pict'), Buffer.alloc(13)),
      fullBox('pitm', uint16(primary)),
      fullBox('iloc', bytes(0x44, 0), uint16(items.length), ...locations),
      fullBox('iinf', uint16(items.length), ...items.map(infe)),
      ...(references.length > 0 ? [fullBox('iref', ...references.map(iref))] : []),
      box('iprp', box('ipco', ...properties), box('ipma', bytes(0, 0, 0, 1), uint32(items.length), ...associations)),
    );
  };
  const dataAt = ftyp.length + metaAt(0).length + 8;
  return Buffer.concat([ftyp, metaAt(dataAt), box('mdat', ...items.map(({ data }) => data))]);
}
