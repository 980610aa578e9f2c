/** Profiles of a power and of primaries under D65 (ICC.1:2010, version 2), and files that have them. */
import { crc32, deflateSync } from 'node:zlib';

const fixed = (...values: number[]) => {
  const data = Buffer.alloc(4 * values.length);
  for (const [nth, value] of values.entries()) data.writeInt32BE(Math.round(value * 65_536), 4 * nth);
  return data;
};
const text = (words: string) => Buffer.from(words, 'latin1');
const uint32 = (value: number) => {
  const data = Buffer.alloc(4);
  data.writeUInt32BE(value);
  return data;
};
const d50 = [0.9642, 1, 0.8249];

/** `columns`: XYZ of red, green and blue, adapted to D50; without them it is a profile for grey. */
export function iccProfile(gamma: number, columns: readonly (readonly number[])[] = []): Buffer {
  const curve = Buffer.concat([
    text('curv\0\0\0\0'),
    uint32(1),
    Buffer.from([Math.floor(gamma), Math.round((gamma % 1) * 256), 0, 0]),
  ]);
  const xyz = (values: readonly number[]) => Buffer.concat([text('XYZ \0\0\0\0'), fixed(...values)]);
  const isGrey = columns.length === 0;
  const tags: [string, Buffer][] = [
    ['desc', Buffer.concat([text('desc\0\0\0\0'), uint32(5), text('test\0'), Buffer.alloc(79)])],
    ['cprt', text('text\0\0\0\0CC0\0')],
    ['wtpt', xyz(d50)],
    ...(isGrey ? [['kTRC', curve] as [string, Buffer]] : []),
    ...columns.flatMap((column, nth): [string, Buffer][] => [
      [`${'rgb'[nth]}XYZ`, xyz(column)],
      [`${'rgb'[nth]}TRC`, curve],
    ]),
  ];
  let at = 132 + 12 * tags.length;
  const directory = tags.map(([name, data]) => {
    const entry = Buffer.concat([text(name), uint32(at), uint32(data.length)]);
    at += data.length;
    return entry;
  });
  const head = Buffer.alloc(128);
  head.writeUInt32BE(at, 0);
  head.writeUInt32BE(0x02400000, 8);
  head.write(`mntr${isGrey ? 'GRAY' : 'RGB '}XYZ `, 12, 'latin1');
  head.write('acsp', 36, 'latin1');
  fixed(...d50).copy(head, 68);
  return Buffer.concat([head, uint32(tags.length), ...directory, ...tags.map(([, data]) => data)]);
}

/** The PNG with more chunks before its pixels. */
export function pngWith(png: Buffer, ...chunks: (readonly [type: string, data: Buffer])[]): Buffer {
  const added = chunks.map(([type, data]) => {
    const body = Buffer.concat([text(type), data]);
    return Buffer.concat([uint32(data.length), body, uint32(crc32(body))]);
  });
  return Buffer.concat([png.subarray(0, 33), ...added, png.subarray(33)]);
}

export function pngWithProfile(png: Buffer, profile: Buffer): Buffer {
  return pngWith(png, ['iCCP', Buffer.concat([text('test\0\0'), deflateSync(profile)])]);
}
