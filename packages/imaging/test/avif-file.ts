/** An AVIF of one picture, put together anew with other words about its colours. */

function box(type: string, ...inside: Buffer[]): Buffer {
  const data = Buffer.concat(inside);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(data.length + 8, 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, data]);
}

const fullBox = (type: string, ...inside: Buffer[]) => box(type, Buffer.alloc(4), ...inside);
const bytes = (...values: number[]) => Buffer.from(values);
const text = (words: string) => Buffer.from(words, 'latin1');

/** The box of this name in a file, with its head. */
function find(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type) - 4;
  return file.subarray(at, at + file.readUInt32BE(at));
}

/** What stands in a colour box: primaries, transfer, the matrix of BT.601, and the range. */
export function codePoints(primaries: number, transfer: number, isFull = true): Buffer {
  return Buffer.concat([text('nclx'), bytes(0, primaries, 0, transfer, 0, 6, isFull ? 0x80 : 0)]);
}

/** The same picture; each colour is what stands in a colour box of it. */
export function withColour(avif: Buffer, ...colours: Buffer[]): Buffer {
  const mdat = find(avif, 'mdat');
  const ftyp = avif.subarray(0, avif.readUInt32BE(0));
  const properties = [find(avif, 'ispe'), find(avif, 'av1C'), ...colours.map((colour) => box('colr', colour))];
  const metaAt = (dataAt: number) => {
    const extent = Buffer.alloc(8);
    extent.writeUInt32BE(dataAt, 0);
    extent.writeUInt32BE(mdat.length - 8, 4);
    return fullBox(
      'meta',
      fullBox('hdlr', Buffer.alloc(4), text('pict'), Buffer.alloc(13)),
      fullBox('pitm', bytes(0, 1)),
      fullBox('iloc', bytes(0x44, 0, 0, 1, 0, 1, 0, 0, 0, 1), extent),
      fullBox('iinf', bytes(0, 1), box('infe', bytes(2, 0, 0, 0, 0, 1, 0, 0), text('av01\0'))),
      box(
        'iprp',
        box('ipco', ...properties),
        fullBox('ipma', bytes(0, 0, 0, 1, 0, 1, properties.length), bytes(...properties.map((_, nth) => nth + 1))),
      ),
    );
  };
  const dataAt = ftyp.length + metaAt(0).length + 8;
  return Buffer.concat([ftyp, metaAt(dataAt), mdat]);
}
