/** ICC profiles (ICC.1, version 2) of three primaries or of grey, and a power for their curve. */

const text = (words: string) => Buffer.from(words, 'latin1');

function uint32(...values: number[]): Buffer {
  const data = Buffer.alloc(values.length * 4);
  for (const [nth, value] of values.entries()) data.writeInt32BE(value, nth * 4);
  return data;
}

const fixed = (...values: number[]) => uint32(...values.map((value) => Math.round(value * 65_536)));
const d50 = [0.9642, 1, 0.8249];

/** Colorants are XYZ, adapted to D50. */
export function rgbProfile(colorants: readonly (readonly number[])[], gamma: number): Buffer {
  const [red = [], green = [], blue = []] = colorants;
  const xyz = (values: readonly number[]) => Buffer.concat([text('XYZ '), uint32(0), fixed(...values)]);
  return profileOf('RGB ', [
    ['wtpt', xyz(d50)],
    ['rXYZ', xyz(red)],
    ['gXYZ', xyz(green)],
    ['bXYZ', xyz(blue)],
    ['rTRC', curve(gamma)],
    ['gTRC', curve(gamma)],
    ['bTRC', curve(gamma)],
  ]);
}

export function greyProfile(gamma: number): Buffer {
  const white = Buffer.concat([text('XYZ '), uint32(0), fixed(...d50)]);
  return profileOf('GRAY', [
    ['wtpt', white],
    ['kTRC', curve(gamma)],
  ]);
}

/** 10.5: one value is the exponent, in 256ths. */
function curve(gamma: number): Buffer {
  const exponent = Buffer.alloc(4);
  exponent.writeUInt16BE(Math.round(gamma * 256), 0);
  return Buffer.concat([text('curv'), uint32(0, 1), exponent]);
}

function profileOf(space: string, told: readonly (readonly [name: string, data: Buffer])[]): Buffer {
  const words = text('test');
  const description = Buffer.concat([
    text('desc'),
    uint32(0, words.length + 1),
    words,
    Buffer.alloc(80 - words.length),
  ]);
  const tags = [
    ['desc', description] as const,
    ['cprt', Buffer.concat([text('text'), uint32(0), words])] as const,
    ...told,
  ];
  const tableBytes = 4 + tags.length * 12;
  let at = 128 + tableBytes;
  const table = tags.map(([name, { length }]) => {
    at += length;
    return Buffer.concat([text(name), uint32(at - length, length)]);
  });
  const size = at;
  const head = Buffer.alloc(128);
  uint32(size).copy(head, 0);
  uint32(0x02400000).copy(head, 8);
  text(`mntr${space}XYZ `).copy(head, 12);
  text('acsp').copy(head, 36);
  fixed(...d50).copy(head, 68);
  return Buffer.concat([head, uint32(tags.length), ...table, ...tags.map(([, data]) => data)]);
}
