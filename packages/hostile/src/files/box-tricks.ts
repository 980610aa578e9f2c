/** AVIF whose boxes lie about their size, are missing, or refer to themselves. */
import type { Bases } from '../bytes/bases.ts';
import { allBoxes, type Box, box, boxesOf, bytesOfBoxes, changeBoxes } from '../bytes/boxes.ts';
import { anythingInOrder, type FileClass, type HostileFile } from './hostile-file.ts';

/** Every kind of box that sharp's AVIF has. */
const boxTypes = [
  'ftyp',
  'meta',
  'hdlr',
  'pitm',
  'iloc',
  'iinf',
  'infe',
  'iprp',
  'ipco',
  'ispe',
  'pixi',
  'av1C',
  'colr',
  'ipma',
  'mdat',
];

const sizes: readonly [string, (trueSize: number) => number][] = [
  ['0', () => 0],
  ['1', () => 1],
  ['7', () => 7],
  ['2³²−1', () => 0xffff_ffff],
  ['8 too few', (size) => size - 8],
  ['8 too many', (size) => size + 8],
];

/** References of kind `dimg`: from one item to others. */
function derivedFrom(from: number, to: readonly number[]): Box {
  const data = Buffer.alloc(4 + to.length * 2);
  data.writeUInt16BE(from, 0);
  data.writeUInt16BE(to.length, 2);
  to.forEach((id, i) => void data.writeUInt16BE(id, 4 + i * 2));
  return box('iref', Buffer.alloc(4), [box('dimg', data)]);
}

/** The item's kind stands in its entry after version, flags, id and protection. */
const saidToBe = (kind: string) => (one: Box) => {
  if (one.type !== 'infe') return [one];
  const data = Buffer.from(one.data);
  data.write(kind, 8, 'latin1');
  return [{ ...one, data }];
};

const withReference = (to: readonly number[]) => (one: Box) =>
  one.type === 'iprp' ? [derivedFrom(1, to), one] : [one];

const trees: readonly [string, (boxes: Box[]) => Box[]][] = [
  ['an item derived from itself', (boxes) => changeBoxes(changeBoxes(boxes, saidToBe('iden')), withReference([1]))],
  [
    'an overlay of itself',
    (boxes) => changeBoxes(changeBoxes(boxes, saidToBe('iovl')), withReference(Array.from({ length: 1_000 }, () => 1))),
  ],
  [
    'a grid of itself',
    (boxes) =>
      changeBoxes(changeBoxes(boxes, saidToBe('grid')), withReference(Array.from({ length: 10_000 }, () => 1))),
  ],
  ['a thumbnail of itself', (boxes) => changeBoxes(boxes, withReference([1, 1, 1]))],
  [
    'a reference to items that are not there',
    (boxes) => changeBoxes(changeBoxes(boxes, saidToBe('grid')), withReference([7, 8, 9, 65_535])),
  ],
  ['an item that is a picture of HEVC', (boxes) => changeBoxes(boxes, saidToBe('hvc1'))],
  [
    '1000 levels of boxes',
    (boxes) => [
      ...boxes,
      Array.from({ length: 1_000 }).reduce<Box>(
        (inner) => box('meta', Buffer.alloc(4), [inner]),
        box('free', Buffer.alloc(0)),
      ),
    ],
  ],
  [
    '100 000 free boxes',
    (boxes) => [
      ...boxes.slice(0, 1),
      ...Array.from({ length: 100_000 }, () => box('free', Buffer.alloc(0))),
      ...boxes.slice(1),
    ],
  ],
  [
    '20 000 properties',
    (boxes) => changeBoxes(boxes, (one) => (one.type === 'ispe' ? Array.from({ length: 20_000 }, () => one) : [one])),
  ],
  [
    'a place of its data beyond the end',
    (boxes) =>
      changeBoxes(boxes, (one) =>
        one.type === 'iloc'
          ? [{ ...one, data: Buffer.concat([one.data.subarray(0, -8), Buffer.alloc(8, 255)]) }]
          : [one],
      ),
  ],
  [
    'a size of 0 × 0',
    (boxes) => changeBoxes(boxes, (one) => (one.type === 'ispe' ? [{ ...one, data: Buffer.alloc(12) }] : [one])),
  ],
  [
    'data of zeros',
    (boxes) =>
      changeBoxes(boxes, (one) => (one.type === 'mdat' ? [{ ...one, data: Buffer.alloc(one.data.length) }] : [one])),
  ],
  ['only its brand', (boxes) => boxes.slice(0, 1)],
];

export function boxTricks({ avif }: Bases): FileClass {
  const file = (name: string, change: (boxes: Box[]) => Buffer): HostileFile => ({
    name: `AVIF with ${name}`,
    bytes: async () => change(boxesOf(await avif())),
    right: anythingInOrder,
  });
  return {
    name: 'AVIF box tricks',
    cases: [
      ...boxTypes.map((type, i) => {
        const [size, sizeOf] = sizes[i % sizes.length] ?? ['0', () => 0];
        return file(`a size of ${size} for ${type}`, (boxes) =>
          bytesOfBoxes(boxes, (one, trueSize) => (one.type === type ? sizeOf(trueSize) : trueSize)),
        );
      }),
      ...sizes.map(([size, sizeOf]) =>
        file(`a size of ${size} for every box`, (boxes) => bytesOfBoxes(boxes, (_one, trueSize) => sizeOf(trueSize))),
      ),
      ...boxTypes
        .filter((_type, i) => i % 2 === 1)
        .map((type) =>
          file(`no ${type}`, (boxes) => bytesOfBoxes(changeBoxes(boxes, (one) => (one.type === type ? [] : [one])))),
        ),
      ...trees.map(([name, change]) => file(name, (boxes) => bytesOfBoxes(change(boxes)))),
      file('every box twice', (boxes) =>
        bytesOfBoxes(changeBoxes(boxes, (one) => (allBoxes([one]).length > 3 ? [one] : [one, one]))),
      ),
    ],
  };
}
