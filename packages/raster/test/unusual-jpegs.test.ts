/** JPEGs that hardly anybody writes: read as libvips reads them, or left to it at little cost. */
import { describe, expect, test } from '@jest/globals';
import { photograph, seededRandom } from '@tintype/testkit';
import sharp from 'sharp';
import { createReducedJpegDecoder, hasAllBlocks, readJpegHeader } from '../src/index.ts';
import { exifSegment, greyJpeg, jpegSegment } from './jpegs/by-hand.ts';

const size = { width: 64, height: 48 };
const picture = photograph(640, 480);
const decode = createReducedJpegDecoder();
const reduce = (bytes: Buffer) => {
  const header = readJpegHeader(bytes);
  return header && (decode(bytes, header, [size])?.[0]?.data ?? null);
};
const withFirst = (jpeg: Buffer, ...segments: Buffer[]) =>
  Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);

describe('EXIF', () => {
  const orientationOf = async (bytes: Buffer) => (await sharp(bytes).metadata()).orientation ?? 1;

  test.each<[string, Buffer[], number | null]>([
    ['one segment', [exifSegment({ orientation: 6 })], 6],
    ['big-endian', [exifSegment({ orientation: 8, order: 'MM' })], 8],
    ['two that disagree', [exifSegment({ orientation: 6 }), exifSegment({ orientation: 1 })], 6],
    ['upright and then on its side', [exifSegment({ orientation: 1 }), exifSegment({ orientation: 6 })], 1],
    [
      'one and what continues it',
      [exifSegment({ orientation: 6 }), jpegSegment(0xe1, Buffer.from('Exif\0\0      '))],
      6,
    ],
    ['another byte order', [exifSegment({ orientation: 6, order: 'XX' })], null],
    ['another magic number', [exifSegment({ orientation: 6, magic: 43 })], null],
    ['a value that there is not', [exifSegment({ orientation: 9 })], null],
    ['several values', [exifSegment({ orientation: 6, values: 2 })], null],
  ])('when there is %s, then it is read as libvips reads it, or not at all', async (_, segments, expected) => {
    const bytes = withFirst(await picture, ...segments);
    expect(readJpegHeader(bytes)?.orientation ?? null).toBe(expected);
    if (expected !== null) expect(await orientationOf(bytes)).toBe(expected);
  });

  test('when its bytes are changed by chance, then nothing is read that libvips reads otherwise', async () => {
    const random = seededRandom(11);
    const below = (most: number) => Math.floor(random() * most);
    const plain = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#888' } })
      .jpeg()
      .toBuffer();
    let read = 0;
    for (let round = 0; round < 500; round += 1) {
      const segments = Array.from({ length: 1 + below(2) }, () => {
        const segment = exifSegment({ orientation: 1 + below(8), order: random() < 0.5 ? 'II' : 'MM' });
        for (let change = below(3); change > 0; change -= 1) segment[4 + below(segment.length - 4)] = below(256);
        return segment;
      });
      const bytes = withFirst(plain, ...segments);
      const header = readJpegHeader(bytes);
      if (!header) continue;
      read += 1;
      expect(header.orientation).toBe(await orientationOf(bytes));
    }
    expect(read).toBeGreaterThan(150);
  });
});

describe('markers', () => {
  test.each([
    ['the end', (jpeg: Buffer) => jpeg.length - 2],
    ['the first restart', (jpeg: Buffer) => jpeg.indexOf(Buffer.from([0xff, 0xd0]))],
  ])('when fill bytes stand before %s, then the picture is the same', async (_, placeOf) => {
    const jpeg = greyJpeg({ side: 640, restartInterval: 80 });
    const at = placeOf(jpeg);
    const filled = Buffer.concat([jpeg.subarray(0, at), Buffer.alloc(5, 0xff), jpeg.subarray(at)]);
    expect(reduce(filled)).not.toBeNull();
    expect(reduce(filled)).toEqual(reduce(jpeg));
  });

  test('when one restart marker is too many or too few, then the file is left to libvips', () => {
    const jpeg = greyJpeg({ side: 640, restartInterval: 80 });
    const at = jpeg.indexOf(Buffer.from([0xff, 0xd0]));
    expect(reduce(Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + 2)]))).toBeNull();
    expect(reduce(Buffer.concat([jpeg.subarray(0, -2), Buffer.from([0xff, 0xd7]), jpeg.subarray(-2)]))).toBeNull();
  });
});

describe('tables', () => {
  const impossible = jpegSegment(0xc4, Buffer.concat([Buffer.from([0x03, 255]), Buffer.alloc(15), Buffer.alloc(255)]));

  test('when no scan names a table, then it does not matter what is in it', async () => {
    expect(reduce(withFirst(await picture, impossible))).toEqual(reduce(await picture));
  });

  test('when there are none, as in a frame of Motion JPEG, then those of the standard count', async () => {
    const jpeg = await sharp(await picture)
      .jpeg({ optimiseCoding: false })
      .toBuffer();
    const parts: Buffer[] = [jpeg.subarray(0, 2)];
    let at = 2;
    while (jpeg[at + 1] !== 0xda) {
      const end = at + 2 + jpeg.readUInt16BE(at + 2);
      if (jpeg[at + 1] !== 0xc4) parts.push(jpeg.subarray(at, end));
      at = end;
    }
    const frame = Buffer.concat([...parts, jpeg.subarray(at)]);
    expect(frame.length).toBeLessThan(jpeg.length - 400);
    expect(reduce(jpeg)).not.toBeNull();
    expect(reduce(frame)).toEqual(reduce(jpeg));
  });

  test('when a scan names a table that cannot be, then the file is left to libvips', () => {
    const jpeg = greyJpeg({ side: 640 });
    const named = Buffer.from(impossible);
    named[4] = 0;
    const at = jpeg.indexOf(Buffer.from([0xff, 0xda]));
    expect(reduce(jpeg)).not.toBeNull();
    expect(reduce(Buffer.concat([jpeg.subarray(0, at), named, jpeg.subarray(at)]))).toBeNull();
  });
});

describe('scans', () => {
  test.each([
    ['baseline', { progressive: false }, false],
    ['progressive', { progressive: true }, true],
  ])('when the file is %s, then it is known whether it has several', async (_, options, expected) => {
    const bytes = await sharp(await picture)
      .jpeg(options)
      .toBuffer();
    expect(readJpegHeader(bytes)?.hasSeveralScans).toBe(expected);
  });

  const scanHeads = (bytes: Buffer) => [...bytes.keys()].filter((at) => bytes[at] === 0xff && bytes[at + 1] === 0xda);

  test.each([
    ['names a table that is not there', 6, 0x03],
    ['says later bits of what was never said first', 9, 0x21],
    ['has more coefficients than a block', 8, 64],
  ])('when a scan of detail that is passed over %s, then the file is left to libvips', async (_, place, value) => {
    const bytes = await sharp(await picture)
      .jpeg({ progressive: true })
      .toBuffer();
    expect(reduce(bytes)).not.toBeNull();
    const detail = scanHeads(bytes).find(
      (at) => bytes[at + 4] === 1 && bytes[at + 5] === 1 && (bytes[at + 7] ?? 0) > 0,
    );
    if (detail === undefined) throw new Error('no scan of detail');
    bytes[detail + place] = value;
    expect(reduce(bytes)).toBeNull();
    await expect(sharp(bytes, { failOn: 'error' }).raw().toBuffer()).rejects.toThrow();
  });

  test('when the last scans of a progressive file are missing, then it is left to libvips', async () => {
    const bytes = await sharp(await picture)
      .jpeg({ progressive: true })
      .toBuffer();
    expect(reduce(bytes)).not.toBeNull();
    expect(reduce(Buffer.concat([bytes.subarray(0, scanHeads(bytes).at(-1)), bytes.subarray(-2)]))).toBeNull();
  });
});

describe.each([
  ['baseline', {}, true],
  ['full colour', { chromaSubsampling: '4:4:4' }, true],
  ['optimised scans', { progressive: true, optimiseScans: true, trellisQuantisation: true }, false],
  ['progressive', { progressive: true }, true],
  ['progressive in full colour', { progressive: true, chromaSubsampling: '4:4:4', quality: 98 }, true],
])('%s: whether any block is missing', (_, options, lastBlockIsCoded) => {
  const end = Buffer.from([0xff, 0xd9]);
  const isWhole = (bytes: Buffer) => {
    const header = readJpegHeader(bytes);
    return header !== null && hasAllBlocks(bytes, header);
  };
  const encoded = async () =>
    sharp(await picture)
      .jpeg(options)
      .toBuffer();

  test('is known wherever the file is cut off and ended', async () => {
    const whole = await encoded();
    expect(isWhole(whole)).toBe(true);
    const scanAt = whole.lastIndexOf(Buffer.from([0xff, 0xda]));
    for (const part of [0.1, 0.4, 0.7, 0.98]) {
      const at = scanAt + 20 + Math.floor((whole.length - scanAt - 30) * part);
      expect({ part, isWhole: isWhole(Buffer.concat([whole.subarray(0, at), end])) }).toEqual({ part, isWhole: false });
    }
  });

  test('is not said of bytes that are left over, nor of the last bits of a block', async () => {
    const data = (await encoded()).subarray(0, -2);
    expect(isWhole(Buffer.concat([data, Buffer.alloc(30), end, Buffer.alloc(30, 1)]))).toBe(true);
    // One that only says a bit more of each block says it of eight with its last byte.
    if (lastBlockIsCoded) expect(isWhole(Buffer.concat([data.subarray(0, -1), end]))).toBe(true);
  });
});
