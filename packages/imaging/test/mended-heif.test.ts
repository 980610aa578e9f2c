/** AVIF and HEIC whose pictures can be told although libheif misreads or refuses them. */
import { describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { decodePicture, readHeader } from '../src/index.ts';
import { itemsOf } from '../src/isobmff/items.ts';
import {
  box,
  extents,
  find,
  fixture,
  type HeifItem,
  type HeifReference,
  heifFile,
  itemOf,
  mirror,
  rotation,
  uint16,
} from './heic-file.ts';

const alphaName = box('auxC', Buffer.from('\0\0\0\0urn:mpeg:mpegB:cicp:systems:auxiliary:alpha\0', 'latin1'));
const numbers = (...values: number[]) => {
  const data = Buffer.alloc(values.length * 4);
  for (const [nth, value] of values.entries()) data.writeInt32BE(value, nth * 4);
  return data;
};
/** A part of 64 × 32 pixels, to the left of the middle. */
const crop = box('clap', numbers(64, 1, 32, 1, -24, 1, 0, 1));

async function av1Of(values: number[], channels: 1 | 3, ...more: Buffer[]): Promise<HeifItem> {
  const data = Buffer.from(values.flatMap((value) => new Array(32 * channels).fill(value)));
  const rows = Buffer.concat(new Array(64).fill(data));
  const raw = { width: values.length * 32, height: 64, channels };
  const avif = await sharp(rows, { raw })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .avif({ quality: 100 })
    .toBuffer();
  const properties = [find(avif, 'av1C'), find(avif, 'ispe'), ...more];
  return { type: 'av01', data: find(avif, 'mdat').subarray(8), properties };
}

type Parts = { brand: string; picture: HeifItem; alpha: HeifItem };

const withMore = ({ properties, ...item }: HeifItem, ...more: Buffer[]) => ({
  ...item,
  properties: [...properties, ...more],
});

async function partsOf(brand: string): Promise<Parts> {
  if (brand === 'heic') {
    const [picture, alpha] = [itemOf(fixture('heic-blocks.heic')), itemOf(fixture('heic-grey.heic'), alphaName)];
    return { brand, picture, alpha };
  }
  const alpha = await av1Of([16, 64, 128, 235], 1, alphaName);
  return { brand, picture: await av1Of([200, 90, 40, 255], 3), alpha };
}

const belongsTo = (...ids: number[]): HeifReference => ({ type: 'auxl', from: 2, to: ids });

async function pixelsOf(file: Buffer): Promise<Buffer> {
  const { facts } = await readHeader(file, ['heic']);
  const { data, width, height, channels } = await decodePicture(file, facts, 5000);
  return Buffer.concat([numbers(width, height, channels), Buffer.from(data)]);
}

describe.each(['avif', 'heic'])('an %s', (brand) => {
  test.each([
    ['turned', [rotation(1)]],
    ['mirrored', [mirror(1)]],
    ['turned and mirrored', [rotation(3), mirror(0)]],
    ['cut and turned', [crop, rotation(1)]],
  ])('when it is %s and its transparency is not, then that goes with it', async (_, transformations) => {
    const { picture, alpha } = await partsOf(brand);
    const fileOf = (own: Buffer[]) =>
      heifFile([withMore(picture, ...transformations), withMore(alpha, ...own)], [belongsTo(1)], 1, brand);
    const found = await pixelsOf(fileOf([]));
    expect(found.equals(await pixelsOf(fileOf(transformations)))).toBe(true);
    expect(found.equals(await pixelsOf(heifFile([picture, alpha], [belongsTo(1)], 1, brand)))).toBe(false);
  });

  test.each([
    ['that begins between two samples of colour', { left: 5, top: 3, width: 70, height: 41 }, []],
    ['that is small', { left: 32, top: 8, width: 2, height: 2 }, []],
    ['that is turned', { left: 4, top: 2, width: 90, height: 20 }, [1]],
    ['that is turned twice and mirrored', { left: 7, top: 30, width: 31, height: 33 }, [2, 'mirror']],
  ] as const)('when it shows a part %s, then that has the colours of the whole', async (_, part, changes) => {
    const { picture } = await partsOf(brand);
    const { left, top, width, height } = part;
    const offsets = [2 * left + width - 128, 2, 2 * top + height - 64, 2];
    const cut = box('clap', numbers(width, 1, height, 1, ...offsets));
    const turns = changes.map((change) => (change === 'mirror' ? mirror(1) : rotation(change)));
    const { data, channels } = await decodePicture(heifFile([picture], [], 1, brand), { width: 128, height: 64 }, 5000);
    let meant = sharp(data, { raw: { width: 128, height: 64, channels } }).extract(part);
    for (const change of changes) {
      const raw = await meant.raw().toBuffer({ resolveWithObject: true });
      meant = sharp(raw.data, { raw: raw.info });
      meant = change === 'mirror' ? meant.flop() : meant.rotate(360 - 90 * change);
    }
    const { data: pixels, info } = await meant.raw().toBuffer({ resolveWithObject: true });
    const found = await pixelsOf(heifFile([withMore(picture, cut, ...turns)], [], 1, brand));
    expect(found.equals(Buffer.concat([numbers(info.width, info.height, info.channels), pixels]))).toBe(true);
  });

  test('when its transparency has a turn of its own, then it is turned by that', async () => {
    const { picture, alpha } = await partsOf(brand);
    const turned = heifFile([picture, withMore(alpha, rotation(2))], [belongsTo(1)], 1, brand);
    expect((await pixelsOf(turned)).equals(await pixelsOf(heifFile([picture, alpha], [belongsTo(1)], 1, brand)))).toBe(
      false,
    );
  });

  test('when its transparency belongs to nothing that is there, then it belongs to the picture', async () => {
    const { picture, alpha } = await partsOf(brand);
    const meant = await pixelsOf(heifFile([picture, alpha], [belongsTo(1)], 1, brand));
    for (const lost of [belongsTo(0), belongsTo(9)]) {
      const file = heifFile([picture, alpha], [lost], 1, brand);
      expect((await pixelsOf(file)).equals(meant)).toBe(true);
      // Its last box may be one of no length, which is all that follows.
      const open = Buffer.from(file);
      open.writeUInt32BE(0, open.lastIndexOf('mdat') - 4);
      expect((await pixelsOf(open)).equals(meant)).toBe(true);
    }
  });

  test('when something beside it lists a part twice, then that does not matter', async () => {
    const { picture } = await partsOf(brand);
    const overlay = { type: 'iovl', data: Buffer.alloc(22), properties: [extents(128, 64)] };
    const file = heifFile([picture, overlay], [{ type: 'dimg', from: 2, to: [1, 1] }], 1, brand);
    expect((await pixelsOf(file)).equals(await pixelsOf(heifFile([picture], [], 1, brand)))).toBe(true);
  });
});

test('when an AVIF sequence names no still picture, then it is refused by that name', async () => {
  const { picture } = await partsOf('avif');
  const nameless = heifFile([picture], [], 7, 'avif');
  nameless.write('avis', 8, 'latin1');
  const expected = { code: 'unsupported_format', message: expect.stringContaining('without a still picture') };
  await expect(readHeader(nameless)).rejects.toMatchObject(expected);
});

test('when properties are told in several boxes, then all of them count', () => {
  const entry = (id: number, index: number) => Buffer.concat([uint16(id), Buffer.from([1, index])]);
  const ipma = (id: number, index: number) => box('ipma', numbers(0, 1), entry(id, index));
  const iprp = box('iprp', box('ipco', extents(4, 4), rotation(1)), ipma(1, 1), ipma(2, 2));
  const infe = (id: number) =>
    box('infe', Buffer.from([2, 0, 0, 0]), uint16(id), uint16(0), Buffer.from('av01\0', 'latin1'));
  const iinf = box('iinf', numbers(0), uint16(2), infe(1), infe(2));
  const tree = itemsOf(box('meta', numbers(0), iinf, iprp));
  const typesOf = (id: number) => tree?.items.get(id)?.properties.map(({ type }) => type);
  expect([typesOf(1), typesOf(2)]).toEqual([['ispe'], ['irot']]);
});
