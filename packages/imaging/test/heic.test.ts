/** HEIC: pixels, orientation, tiles, transparency, and what is refused. Its colours: heic-colour.test.ts. */
import { describe, expect, test } from '@jest/globals';
import { heicPicture } from '@tintype/testkit';
import { decodePicture, readHeader } from '../src/index.ts';
import { box, extents, find, fixture, gridOf, type HeifItem, heifFile, itemOf, mirror, rotation } from './heic-file.ts';

const quarters = heicPicture();
const [red, green, blue, white] = ['r', 'g', 'b', 'w'];
const decode = (bytes: Buffer, width: number, height: number) => decodePicture(bytes, { width, height }, 5000);
const factsOf = async (bytes: Buffer) => (await readHeader(bytes, ['heic'])).facts;

/** The colours of the corners, row by row, as letters. */
async function cornersOf(bytes: Buffer): Promise<string> {
  const { data, channels } = await decode(bytes, 2, 2);
  const letters = [0, 1, 2, 3].map((pixel) => {
    const [r = 0, g = 0, b = 0] = data.subarray(pixel * channels, pixel * channels + 3);
    if (Math.min(r, g, b) > 150) return white;
    return r > g && r > b ? red : g > b ? green : blue;
  });
  return letters.join('');
}

const ended = (work: Promise<unknown>) =>
  work.then(
    () => 'picture',
    (err) => err.code,
  );
const headerOutcomeOf = (bytes: Buffer) => ended(readHeader(bytes, ['heic']));
const outcomeOf = (bytes: Buffer) => ended(readHeader(bytes, ['heic']).then(() => decode(bytes, 8, 8)));
const messageOf = (bytes: Buffer) =>
  readHeader(bytes, ['heic']).then(
    () => null,
    (err) => err.message,
  );

/** Four times the same tile, cut to 100 × 90. */
const tiled = (...properties: Buffer[]) =>
  heifFile(
    [gridOf(2, 2, 100, 90, ...properties), ...[1, 2, 3, 4].map(() => itemOf(quarters))],
    [{ type: 'dimg', from: 1, to: [2, 3, 4, 5] }],
  );

test('when nobody has switched HEIC on, then it is refused, with how to switch it on', async () => {
  await expect(readHeader(quarters)).rejects.toMatchObject({
    code: 'unsupported_format',
    message: expect.stringContaining('FORMATS=+heic'),
  });
});

test('when it is read, then pixels are those that were written', async () => {
  expect(await factsOf(quarters)).toEqual({ format: 'heic', width: 64, height: 64, hasAlpha: false });
  const { data, channels } = await decode(quarters, 64, 64);
  const at = (x: number, y: number) => [...data.subarray((y * 64 + x) * channels, (y * 64 + x) * channels + 3)];
  for (const [found, written] of [
    [at(5, 5), [220, 40, 40]],
    [at(60, 5), [40, 200, 40]],
    [at(5, 60), [40, 40, 220]],
    [at(60, 60), [240, 240, 240]],
  ]) {
    for (const [nth, value] of (written ?? []).entries()) expect(Math.abs((found?.[nth] ?? 0) - value)).toBeLessThan(3);
  }
});

describe('orientation', () => {
  test.each([
    [0, 'rgbw'],
    [1, 'gwrb'],
    [2, 'wbgr'],
    [3, 'brwg'],
  ])('when the file turns it by %d quarters, then it is turned so, once', async (turns, corners) => {
    expect(await cornersOf(heifFile([itemOf(quarters, rotation(turns))]))).toBe(corners);
  });

  test.each([
    [0, 'bwrg'],
    [1, 'grwb'],
  ])('when the file mirrors it by axis %d, then it is mirrored', async (axis, corners) => {
    expect(await cornersOf(heifFile([itemOf(quarters, mirror(axis))]))).toBe(corners);
  });

  test('when EXIF says another orientation, then that does not count', async () => {
    const exif = Buffer.from('000000004d4d002a0000000800010112000300000001000600000000', 'hex');
    const file = heifFile(
      [itemOf(quarters), { type: 'Exif', data: exif, properties: [] }],
      [{ type: 'cdsc', from: 2, to: [1] }],
    );
    expect(await cornersOf(file)).toBe('rgbw');
  });
});

describe('tiles', () => {
  /** The same picture without a decoder: where the tiles' quarters lie. */
  const meant = (x: number, y: number) => ['rgrg', 'bwbw'][Math.floor(y / 32) % 2]?.[Math.floor(x / 32)];
  const letterAt = (data: Uint8Array, pixel: number) => {
    const [r = 0, g = 0, b = 0] = data.subarray(pixel * 3, pixel * 3 + 3);
    if (Math.min(r, g, b) > 150) return white;
    return r > g && r > b ? red : g > b ? green : blue;
  };
  const turned: Record<number, (x: number, y: number) => [x: number, y: number]> = {
    0: (x, y) => [x, y],
    1: (x, y) => [99 - y, x],
    2: (x, y) => [99 - x, 89 - y],
    3: (x, y) => [y, 89 - x],
  };

  test.each([0, 1, 2, 3])(
    'when they are turned by %d quarters and cut, then each lies where it belongs',
    async (turns) => {
      const file = tiled(rotation(turns));
      const { width, height } = await factsOf(file);
      expect([width, height]).toEqual(turns % 2 === 0 ? [100, 90] : [90, 100]);
      const { data } = await decode(file, width, height);
      for (const [x, y] of [
        [3, 3],
        [40, 3],
        [70, 20],
        [86, 86],
        [3, 86],
        [50, 50],
      ] as const) {
        const [fromX, fromY] = turned[turns]?.(x, y) ?? [0, 0];
        expect([x, y, letterAt(data, y * width + x)]).toEqual([x, y, meant(fromX, fromY)]);
      }
    },
  );

  test.each([0, 1])('when they are mirrored by axis %d, then each lies where it belongs', async (axis) => {
    const { data } = await decode(tiled(mirror(axis)), 100, 90);
    for (const [x, y] of [
      [3, 3],
      [40, 3],
      [70, 20],
      [96, 86],
      [3, 86],
    ] as const) {
      expect(letterAt(data, y * 100 + x)).toBe(axis === 0 ? meant(x, 89 - y) : meant(99 - x, y));
    }
  });

  test('when they are made small, then that is the mean of all, whatever the size', async () => {
    const whole = await decode(tiled(), 100, 90);
    const mean = (data: Uint8Array) => data.reduce((sum, value) => sum + value, 0) / data.length;
    for (const [width, height] of [
      [50, 45],
      [33, 30],
      [7, 6],
      [1, 1],
    ] as const) {
      expect(Math.abs(mean((await decode(tiled(), width, height)).data) - mean(whole.data))).toBeLessThan(1);
    }
  });

  test('when one is missing, then it is corrupt', async () => {
    const file = heifFile([gridOf(2, 1, 128, 64), itemOf(quarters)], [{ type: 'dimg', from: 1, to: [2, 3] }]);
    expect(await outcomeOf(file)).toBe('corrupt_image');
  });
});

test('when it has transparency, then colours do not come from where nothing is seen', async () => {
  const file = fixture('heic-alpha.heic');
  expect(await factsOf(file)).toMatchObject({ hasAlpha: true });
  const { data, channels } = await decode(file, 64, 64);
  expect(channels).toBe(4);
  const alphaAt = (x: number, y: number) => data[(y * 64 + x) * 4 + 3];
  expect([alphaAt(9, 9), alphaAt(50, 9), alphaAt(9, 50), alphaAt(50, 50)]).toEqual([0, 128, 255, 128]);
  const { data: one } = await decode(file, 1, 1);
  // Half of green, all of blue, half of white: red is seen nowhere.
  expect(Math.abs((one[0] ?? 0) - (40 * 128 + 40 * 255 + 240 * 128) / 511)).toBeLessThan(4);
});

describe('several pictures', () => {
  test('when colours are multiplied by their alpha, then they are divided by it', async () => {
    const file = fixture('heic-alpha.heic');
    const locationsAt = file.indexOf('iloc') + 12;
    const dataOf = (nth: number) => {
      const [base = 0, at = 0, bytes = 0] = [4, 10, 14].map((place) =>
        file.readUInt32BE(locationsAt + 18 * nth + place),
      );
      return file.subarray(base + at, base + at + bytes);
    };
    const ofAlpha = file.subarray(file.indexOf('hvcC') + 4);
    const size = find(file, 'ispe');
    const items = [
      { type: 'hvc1', data: dataOf(0), properties: [find(file, 'hvcC'), size] },
      { type: 'hvc1', data: dataOf(1), properties: [find(ofAlpha, 'hvcC'), size, find(file, 'auxC')] },
    ];
    const auxiliary = { type: 'auxl', from: 2, to: [1] };
    const pixelOf = async (bytes: Buffer) => {
      const { data } = await decodePicture(bytes, { width: 64, height: 64 }, 5000);
      return [...data.subarray((9 * 64 + 50) * 4, (9 * 64 + 51) * 4)];
    };
    const straight = await pixelOf(heifFile(items, [auxiliary]));
    expect(straight).toEqual(await pixelOf(file));
    const multiplied = await pixelOf(heifFile(items, [auxiliary, { type: 'prem', from: 1, to: [2] }]));
    for (const [nth, value] of multiplied.entries()) {
      const meant = nth === 3 ? 128 : Math.min(255, ((straight[nth] ?? 0) * 255) / 128);
      expect(Math.abs(value - meant)).toBeLessThan(2);
    }
  });

  test('when another one is the primary, then that is shown', async () => {
    const file = heifFile([itemOf(quarters), itemOf(quarters, rotation(2))], [], 2);
    expect(await cornersOf(file)).toBe('wbgr');
  });

  test('when a picture beside it is cut off, then that does not matter', async () => {
    const file = heifFile([itemOf(quarters), itemOf(quarters)], [{ type: 'thmb', from: 2, to: [1] }]);
    expect(await cornersOf(file.subarray(0, -100))).toBe('rgbw');
  });
});

describe('what ends too early', () => {
  test.each([
    ['a picture', quarters],
    ['tiles', tiled()],
    ['transparency', fixture('heic-alpha.heic')],
    ['10 bits', fixture('heic-blocks-10-bit.heic')],
  ])('when %s is cut off anywhere, then it is corrupt', async (_, whole) => {
    for (let part = 1; part < 20; part += 1) {
      expect(await outcomeOf(whole.subarray(0, 30 + Math.floor(((whole.length - 30) * part) / 20)))).toBe(
        'corrupt_image',
      );
    }
    expect(await outcomeOf(whole.subarray(0, -1))).toBe('corrupt_image');
  });
});

describe('what is no HEVC', () => {
  const ofType = (type: string): HeifItem => ({ ...itemOf(quarters), type });

  test.each([
    ['av01', 'A HEIF file of AV1 is not accepted'],
    ['jpeg', 'A HEIF file of JPEG is not accepted'],
    ['unci', 'A HEIF file of uncompressed pictures is not accepted'],
    ['abcd', 'A HEIF file of "abcd" is not accepted'],
  ])('when its picture is of the kind %s, then it is refused by name', async (type, message) => {
    expect(await messageOf(heifFile([ofType(type)]))).toMatch(message);
    const inTiles = heifFile([gridOf(1, 1, 64, 64), ofType(type)], [{ type: 'dimg', from: 1, to: [2] }]);
    expect(await messageOf(inTiles)).toMatch(message);
  });

  test('when it is a film without a still picture, then it is refused by name', async () => {
    const film = Buffer.concat([quarters.subarray(0, quarters.readUInt32BE(0)), box('moov', Buffer.alloc(20))]);
    expect(await messageOf(film)).toMatch('A HEIC sequence without a still picture is not accepted');
  });
});

test('when a header promises another size than the picture has, then it is corrupt', async () => {
  const item = itemOf(quarters);
  const file = heifFile([{ ...item, properties: [item.properties[0] ?? Buffer.alloc(0), extents(6400, 6400)] }]);
  expect(await outcomeOf(file)).toBe('corrupt_image');
});

test('when boxes are cut off, go round in circles or say another version, then nothing but a problem or a picture comes of it', async () => {
  const whole = heifFile([gridOf(1, 1, 64, 64, rotation(1)), itemOf(quarters)], [{ type: 'dimg', from: 1, to: [2] }]);
  const changes = ['pitm', 'ipma', 'ipco', 'iloc', 'iref', 'dimg', 'hvcC', 'ispe', 'irot', 'iinf'].flatMap((name) =>
    Array.from({ length: 8 }, (_, nth) => whole.indexOf(name) + 2 + nth).flatMap((at) =>
      [0, 255].map((value) => ({ at, value })),
    ),
  );
  // Each decode loads a decoder: headers of all are read, and every fifth goes on.
  for (const [nth, { at, value }] of changes.entries()) {
    const changed = Buffer.from(whole);
    changed[at] = value;
    expect(['picture', 'corrupt_image', 'unsupported_format', 'too_many_pixels']).toContain(
      await (nth % 5 === 0 ? outcomeOf(changed) : headerOutcomeOf(changed)),
    );
  }
});
