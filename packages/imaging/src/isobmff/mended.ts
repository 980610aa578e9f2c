/** HEIF files whose pictures can be told although libheif misreads or refuses them: the same with a `meta` box as it is meant. */
import { type Box, boxesOf, boxOf, insideOf, numbersOf } from './boxes.ts';
import {
  type Association,
  type Associations,
  alphaOf,
  essentialBit,
  type HeifItems,
  type Item,
  isAlpha,
  itemsOf,
  type Reference,
  readAssociations,
  withSources,
} from './items.ts';
import { type Part, shownPartOf } from './shown-part.ts';

/** ISO/IEC 23008-12, 6.5: what they do is done in their order. */
const transformations: readonly string[] = ['clap', 'irot', 'imir'];

export type MendedHeif = {
  bytes: Buffer;
  /** What the file shows of the picture in `bytes`; null is all of it. */
  part: Part | null;
};

/**
 * Four things are put right, and where none of them is to be the file itself comes back:
 * - Transparency without the transformations of its picture is turned and cut as that is: libavif wrote such files up to
 *   version 1.3.
 * - Transparency that belongs to no item that is there belongs to the picture.
 * - What lists a part twice, and is no part of the picture, is left out: libheif refuses the file.
 * - What is cut (`clap`) is left whole, for whoever decodes it to cut: libheif (1.23) refuses a small part, and makes other
 *   colours of one that begins between two samples of colour.
 */
export function mendedHeif(bytes: Buffer): MendedHeif {
  const tree = itemsOf(bytes);
  const primary = tree?.items.get(tree.primaryId);
  if (!tree || !primary) return { bytes, part: null };
  const references = neededReferences(tree, primary);
  const alpha = alphaOf({ ...tree, references }, primary);
  const part = !alpha || !isTurned(alpha) || isCutAlike(primary, alpha) ? shownPartOf(primary) : null;
  const isLeftBehind = alpha !== undefined && isTurned(primary) && !isTurned(alpha);
  if (references === tree.references && !isLeftBehind && !part) return { bytes, part };
  const isWhole = part !== null;
  const added = isLeftBehind ? transformations.filter((type) => type !== 'clap' || !isWhole) : [];
  const change = {
    whole: isWhole ? [primary.id, alpha?.id ?? primary.id] : [],
    turned: alpha?.id,
    as: primary.id,
    added,
  };
  const mended = withMeta(bytes, ({ type, inside }) => {
    if (type === 'iref') return boxOf(type, irefOf(references));
    return boxOf(type, type === 'iprp' ? changedProperties(inside, change) : inside);
  });
  return { bytes: mended, part };
}

function isTurned({ properties }: Item): boolean {
  return properties.some(({ type }) => transformations.includes(type));
}

function isCutAlike(one: Item, other: Item): boolean {
  return ['ispe', 'clap'].every((type) => insideOf(one.properties, type).equals(insideOf(other.properties, type)));
}

/** The same list where nothing is wrong with it. */
function neededReferences(tree: HeifItems, primary: Item): readonly Reference[] {
  const { items, references } = tree;
  const isLost = ({ type, from, to }: Reference) => {
    const item = items.get(from);
    return type === 'auxl' && item !== undefined && isAlpha(item) && !to.some((id) => items.has(id));
  };
  const listsTwice = (reference: Reference) => new Set(reference.to).size < reference.to.length;
  if (!references.some((reference) => isLost(reference) || listsTwice(reference))) return references;
  const parts = [primary, alphaOf(tree, primary) ?? primary].flatMap((item) => withSources(tree, item));
  const ids = new Set(parts.map(({ id }) => id));
  return references
    .filter((reference) => !listsTwice(reference) || ids.has(reference.from))
    .map((reference) => (isLost(reference) ? { ...reference, to: [primary.id] } : reference));
}

/** Of version 1, which has room for every id. */
function irefOf(references: readonly Reference[]): Buffer {
  const boxes = references.map(({ type, from, to }) =>
    boxOf(type, numbersOf(4, from), numbersOf(2, to.length), numbersOf(4, ...to)),
  );
  return Buffer.concat([numbersOf(1, 1, 0, 0, 0), ...boxes]);
}

type PropertyChange = {
  /** Items that are left whole. */
  whole: readonly number[];
  /** An item that gets transformations of these types as another one has them. */
  turned: number | undefined;
  as: number;
  added: readonly string[];
};

/** Their number is told in a byte. */
const maxIndexes = 255;

/** What is inside of `iprp`, with other properties for some items. */
function changedProperties(iprp: Buffer, { whole, turned, as, added }: PropertyChange): Buffer {
  const boxes = boxesOf(iprp);
  const types = boxesOf(insideOf(boxes, 'ipco')).map(({ type }) => type);
  const lists = new Map(boxes.filter(({ type }) => type === 'ipma').map((box) => [box, readAssociations(box.inside)]));
  const typeOf = (index: number, indexBytes: 1 | 2) => types[(index % essentialBit(indexBytes)) - 1] ?? '';
  const [more = []] = [...lists.values()].flatMap(({ indexBytes, entries }) =>
    entries
      .filter(({ id }) => id === as)
      .map(({ indexes }) => indexes.filter((index) => added.includes(typeOf(index, indexBytes))))
      .map((indexes) => indexes.map((index) => index % essentialBit(indexBytes))),
  );
  const changed = ({ id, indexes }: Association, indexBytes: 1 | 2) => {
    const bit = essentialBit(indexBytes);
    const kept = whole.includes(id) ? indexes.filter((index) => typeOf(index, indexBytes) !== 'clap') : indexes;
    const fitting = id === turned ? more.filter((index) => index < bit).map((index) => index + bit) : [];
    return [...kept, ...fitting].slice(0, maxIndexes);
  };
  const made = boxes.map((box) => {
    const list = lists.get(box);
    if (!list) return boxOf(box.type, box.inside);
    const entries = list.entries.map((entry) => entryOf(entry.id, changed(entry, list.indexBytes), list));
    return boxOf(box.type, box.inside.subarray(0, 4), numbersOf(4, entries.length), ...entries);
  });
  return Buffer.concat(made);
}

function entryOf(id: number, indexes: readonly number[], { version, indexBytes }: Associations): Buffer {
  const inFront = [numbersOf(version === 0 ? 2 : 4, id), numbersOf(1, indexes.length)];
  return Buffer.concat([...inFront, numbersOf(indexBytes, ...indexes)]);
}

/** The new box stands at the end, so that nothing else moves, and the old one is called free space. */
function withMeta(bytes: Buffer, mend: (box: Box) => Buffer): Buffer {
  const boxes = boxesOf(bytes);
  const meta = boxes.find(({ type }) => type === 'meta');
  const last = boxes.at(-1);
  if (!meta || !last) return bytes;
  const inMeta = boxesOf(meta.inside.subarray(4)).map(mend);
  const made = Buffer.concat([bytes, boxOf('meta', meta.inside.subarray(0, 4), ...inMeta)]);
  made.write('free', meta.at + 4, 'latin1');
  // A box of length 0 is all that follows.
  if (made.readUInt32BE(last.at) === 0) made.writeUInt32BE(bytes.length - last.at, last.at);
  return made;
}
