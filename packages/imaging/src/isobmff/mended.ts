/** HEIF files whose pictures can be told although libheif misreads or refuses them: the same with a `meta` box as it is meant. */
import { type Box, boxesOf, boxOf, insideOf, numbersOf } from './boxes.ts';
import {
  type Association,
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

/** ISO/IEC 23008-12, 6.5: what they do is done in their order. */
const transformations: readonly string[] = ['clap', 'irot', 'imir'];

/**
 * Three things are put right, and where none of them is to be the file itself comes back:
 * - Transparency without the transformations of its picture is turned and cut as that is: libavif wrote such files up to
 *   version 1.3.
 * - Transparency that belongs to no item that is there belongs to the picture.
 * - What lists a part twice, and is no part of the picture, is left out: libheif refuses the file.
 */
export function mendedHeif(bytes: Buffer): Buffer {
  const tree = itemsOf(bytes);
  const primary = tree?.items.get(tree.primaryId);
  if (!tree || !primary) return bytes;
  const references = neededReferences(tree, primary);
  const alpha = alphaOf({ ...tree, references }, primary);
  const isLeftBehind = alpha !== undefined && isTurned(primary) && !isTurned(alpha) && isCutAlike(primary, alpha);
  if (references === tree.references && !isLeftBehind) return bytes;
  return withMeta(bytes, ({ type, inside }) => {
    if (type === 'iref') return boxOf(type, irefOf(references));
    return type === 'iprp' && isLeftBehind ? boxOf(type, turnedAs(inside, alpha.id, primary.id)) : boxOf(type, inside);
  });
}

function isTurned({ properties }: Item): boolean {
  return properties.some(({ type }) => transformations.includes(type));
}

/** What is cut is told in pixels. */
function isCutAlike({ properties }: Item, alpha: Item): boolean {
  const isCut = properties.some(({ type }) => type === 'clap');
  return !isCut || insideOf(properties, 'ispe').equals(insideOf(alpha.properties, 'ispe'));
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

/** Their number is told in a byte. */
const maxIndexes = 255;

/** What is inside of `iprp`, where one item is turned and cut as another is. */
function turnedAs(iprp: Buffer, turned: number, as: number): Buffer {
  const boxes = boxesOf(iprp);
  const types = boxesOf(insideOf(boxes, 'ipco')).map(({ type }) => type);
  const read = boxes.map((box) => ({
    ...box,
    associations: box.type === 'ipma' ? readAssociations(box.inside) : null,
  }));
  const isTransformation = (index: number) => transformations.includes(types[index - 1] ?? '');
  const [added = []] = read.flatMap(({ associations }) =>
    (associations?.entries ?? [])
      .filter(({ id }) => id === as)
      .map(({ indexes }) => indexes.map((index) => index % essentialBit(associations?.indexBytes ?? 1)))
      .map((indexes) => indexes.filter(isTransformation)),
  );
  const withAdded = ({ id, indexes }: Association, indexBytes: 1 | 2) => {
    const bit = essentialBit(indexBytes);
    const fitting = id === turned ? added.filter((index) => index < bit).map((index) => index + bit) : [];
    return [...indexes, ...fitting].slice(0, maxIndexes);
  };
  const made = read.map(({ type, inside, associations }) => {
    if (!associations) return boxOf(type, inside);
    const { version, indexBytes, entries } = associations;
    const entryOf = (entry: Association) => {
      const indexes = withAdded(entry, indexBytes);
      const id = numbersOf(version === 0 ? 2 : 4, entry.id);
      return Buffer.concat([id, numbersOf(1, indexes.length), numbersOf(indexBytes, ...indexes)]);
    };
    return boxOf(type, inside.subarray(0, 4), numbersOf(4, entries.length), ...entries.map(entryOf));
  });
  return Buffer.concat(made);
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
