/** The items of a HEIF file (ISO/IEC 23008-12): pictures, and what they are made of, as the `meta` box tells. */
import { type Box, boxesOf, insideOf, NumberReader } from './boxes.ts';

/** A part of an item's data: in the file, in the box `idat`, or in another item (ISO/IEC 14496-12, 8.11.3). */
export type Extent = { isIn: 'file' | 'idat' | 'item'; offset: number; length: number };

export type Item = { id: number; type: string; extents: Extent[]; properties: Box[] };

export type Reference = { type: string; from: number; to: number[] };

export type HeifItems = {
  /** 0, which no item has, where none is named. */
  primaryId: number;
  items: ReadonlyMap<number, Item>;
  references: readonly Reference[];
  /** What the box `idat` holds. */
  idat: Buffer;
};

/** As ISO/IEC 23008-12 and HEVC in HEIF before it name it. */
const alphaNames: readonly string[] = ['urn:mpeg:mpegB:cicp:systems:auxiliary:alpha', 'urn:mpeg:hevc:2015:auxid:1'];

/** Null where there is no `meta` box. What is cut off is missing. */
export function itemsOf(bytes: Buffer): HeifItems | null {
  const meta = boxesOf(bytes).find(({ type }) => type === 'meta');
  if (!meta) return null;
  const boxes = boxesOf(meta.inside.subarray(4));
  const iprp = boxesOf(insideOf(boxes, 'iprp'));
  const properties = boxesOf(insideOf(iprp, 'ipco'));
  const associations = associationsOf(iprp);
  const extents = extentsOf(insideOf(boxes, 'iloc'));
  const items = new Map<number, Item>();
  for (const { id, type } of kindsOf(insideOf(boxes, 'iinf'))) {
    const own = (associations.get(id) ?? []).flatMap((index) => properties[index - 1] ?? []);
    items.set(id, { id, type, extents: extents.get(id) ?? [], properties: own });
  }
  return {
    primaryId: primaryIdOf(insideOf(boxes, 'pitm')),
    items,
    references: referencesOf(insideOf(boxes, 'iref')),
    idat: insideOf(boxes, 'idat'),
  };
}

/** The transparency of a picture. */
export function alphaOf({ items, references }: HeifItems, { id }: Item): Item | undefined {
  return references
    .filter(({ type, to }) => type === 'auxl' && to.includes(id))
    .map(({ from }) => items.get(from))
    .find((item) => item !== undefined && isAlpha(item));
}

export function isAlpha({ properties }: Item): boolean {
  return properties.some(
    ({ type, inside }) =>
      type === 'auxC' && alphaNames.includes(inside.toString('latin1', 4, maxNameBytes).split('\0')[0] ?? ''),
  );
}

const maxNameBytes = 256;

/** The items that one is derived from (`dimg`), and theirs, each once, with itself; those that are not there are left out. */
export function withSources({ items, references }: HeifItems, item: Item): Item[] {
  const derived = Map.groupBy(
    references.filter(({ type }) => type === 'dimg'),
    ({ from }) => from,
  );
  const found = new Set([item]);
  for (const { id } of found) {
    for (const to of derived.get(id)?.flatMap((reference) => reference.to) ?? []) {
      const source = items.get(to);
      if (source) found.add(source);
    }
  }
  return [...found];
}

/** What stands in an item's first extent, as far as it is there; nothing where that is in another item. */
export function startOf(bytes: Buffer, { idat }: HeifItems, { extents }: Item): Buffer {
  const [first] = extents;
  if (!first || first.isIn === 'item') return Buffer.alloc(0);
  // A length of 0 is all that follows.
  const end = first.length === 0 ? undefined : first.offset + first.length;
  return (first.isIn === 'file' ? bytes : idat).subarray(first.offset, end);
}

/** Without a look at the other items; `all` are those of any item. */
export function propertiesOfPrimary(bytes: Buffer): { own: Box[]; all: Box[] } {
  const meta = boxesOf(bytes).find(({ type }) => type === 'meta');
  const inMeta = meta ? boxesOf(meta.inside.subarray(4)) : [];
  const inIprp = boxesOf(insideOf(inMeta, 'iprp'));
  const all = boxesOf(insideOf(inIprp, 'ipco'));
  const indexes = associationsOf(inIprp).get(primaryIdOf(insideOf(inMeta, 'pitm'))) ?? [];
  return { own: indexes.flatMap((index) => all[index - 1] ?? []), all };
}

/** ISO/IEC 14496-12, 8.11.4. */
function primaryIdOf(pitm: Buffer): number {
  const reader = new NumberReader(pitm);
  const version = reader.next(1);
  reader.next(3);
  return reader.next(version === 0 ? 2 : 4);
}

/** What one box says of one item: indexes of properties from 1 on, with a bit for those that a reader must know. */
export type Association = { id: number; indexes: number[] };

export type Associations = { version: number; indexBytes: 1 | 2; entries: Association[] };

/** ISO/IEC 14496-12, 8.11.14. */
export function readAssociations(ipma: Buffer): Associations {
  const reader = new NumberReader(ipma);
  const version = reader.next(1);
  const indexBytes = reader.next(3) % 2 === 1 ? 2 : 1;
  const entries: Association[] = [];
  for (let left = reader.next(4); left > 0; left -= 1) {
    const id = reader.next(version === 0 ? 2 : 4);
    const indexes = reader.list(reader.next(1), () => reader.next(indexBytes));
    if (reader.isOver) break;
    entries.push({ id, indexes });
  }
  return { version, indexBytes, entries };
}

/** The bit of `Association` that is no part of the index. */
export const essentialBit = (indexBytes: 1 | 2) => (indexBytes === 2 ? 0x8000 : 0x80);

/** One-based indexes of the properties of each item. There may be several boxes; of several entries the first counts. */
function associationsOf(inIprp: readonly Box[]): Map<number, number[]> {
  const associations = new Map<number, number[]>();
  for (const { inside } of inIprp.filter(({ type }) => type === 'ipma')) {
    const { indexBytes, entries } = readAssociations(inside);
    for (const { id, indexes } of entries) {
      if (!associations.has(id))
        associations.set(
          id,
          indexes.map((index) => index % essentialBit(indexBytes)),
        );
    }
  }
  return associations;
}

/** ISO/IEC 14496-12, 8.11.6; entries of before version 2 have no type. */
function kindsOf(iinf: Buffer): { id: number; type: string }[] {
  const [version = 0] = iinf;
  return boxesOf(iinf.subarray(version === 0 ? 6 : 8)).flatMap(({ type, inside }) => {
    const reader = new NumberReader(inside);
    const entryVersion = reader.next(1);
    reader.next(3);
    const id = reader.next(entryVersion === 3 ? 4 : 2);
    reader.next(2);
    return type === 'infe' && entryVersion >= 2 ? [{ id, type: reader.text(4) }] : [];
  });
}

const places = ['file', 'idat', 'item'] as const;

/** ISO/IEC 14496-12, 8.11.3. */
function extentsOf(iloc: Buffer): Map<number, Extent[]> {
  const reader = new NumberReader(iloc);
  const version = reader.next(1);
  reader.next(3);
  const widths = reader.next(2);
  const [offsetBytes, lengthBytes, baseBytes] = [widths >> 12, (widths >> 8) & 15, (widths >> 4) & 15];
  const indexBytes = version === 0 ? 0 : widths & 15;
  const extents = new Map<number, Extent[]>();
  for (let left = reader.next(version < 2 ? 2 : 4); left > 0; left -= 1) {
    const id = reader.next(version < 2 ? 2 : 4);
    const isIn = places[version === 0 ? 0 : reader.next(2) & 15] ?? 'item';
    reader.next(2);
    const base = reader.next(baseBytes);
    const own = reader.list(reader.next(2), () => {
      reader.next(indexBytes);
      const offset = base + reader.next(offsetBytes);
      return { isIn, offset, length: reader.next(lengthBytes) };
    });
    if (reader.isOver) break;
    extents.set(id, own);
  }
  return extents;
}

/** ISO/IEC 14496-12, 8.11.12. */
function referencesOf(iref: Buffer): Reference[] {
  const idBytes = (iref[0] ?? 0) === 0 ? 2 : 4;
  return boxesOf(iref.subarray(4)).map(({ type, inside }) => {
    const reader = new NumberReader(inside);
    const from = reader.next(idBytes);
    const to = reader.list(reader.next(2), () => reader.next(idBytes));
    return { type, from, to };
  });
}
