/** Flat TIFFs of one strip a page, with whatever their entries say. */

export type Page = {
  /** Null: the page does not say what its samples are. */
  photometric: number | null;
  /** Bytes of a pixel. */
  pixel: readonly number[];
  side?: number;
  bits?: readonly number[];
  compression?: number;
  extra?: readonly number[];
  format?: number;
  /** NewSubfileType. */
  kind?: number;
  /** One plane behind the other, each a strip. */
  isPlanar?: boolean;
  more?: readonly (readonly [tag: number, value: number])[];
};

type How = { isBigEndian?: boolean; isBigTiff?: boolean };

export function tiffOf(pages: readonly Page[], { isBigEndian = false, isBigTiff = false }: How): Buffer {
  const offsetBytes = isBigTiff ? 8 : 4;
  const number = (value: number, width: number) => {
    const bytes = Buffer.alloc(width);
    if (isBigEndian) bytes.writeUIntBE(value, Math.max(0, width - 6), Math.min(6, width));
    else bytes.writeUIntLE(value, 0, Math.min(6, width));
    return bytes;
  };
  const order = Buffer.from(isBigEndian ? 'MM' : 'II', 'latin1');
  const head = Buffer.concat([
    order,
    number(isBigTiff ? 43 : 42, 2),
    ...(isBigTiff ? [number(8, 2), number(0, 2)] : []),
  ]);
  const parts: Buffer[] = [];
  let at = head.length + offsetBytes;
  const firstAt = at;
  for (const [nth, page] of pages.entries()) {
    const {
      side = 8,
      pixel,
      bits = pixel.map(() => 8),
      extra = [],
      compression = 1,
      kind = 0,
      format,
      isPlanar = false,
    } = page;
    const planePixels = side * side;
    const values: [tag: number, type: 3 | 4, values: readonly number[]][] = [
      [254, 4, [kind]],
      ...(
        [
          [256, 3, [side]],
          [257, 3, [side]],
          [258, 3, bits],
          [259, 3, [compression]],
        ] as const
      ).map(([tag, type, all]): [number, 3 | 4, readonly number[]] => [tag, type, all]),
      ...(page.photometric === null ? [] : [[262, 3, [page.photometric]] as [number, 3, number[]]]),
      [273, 4, isPlanar ? pixel.map((_, nth) => nth * planePixels) : [0]],
      [277, 3, [bits.length]],
      [278, 3, [side]],
      [279, 4, isPlanar ? pixel.map(() => planePixels) : [planePixels * pixel.length]],
      ...(isPlanar ? [[284, 3, [2]] as [number, 3, number[]]] : []),
      ...(page.more ?? []).map(([tag, value]): [number, 3, number[]] => [tag, 3, [value]]),
      ...(extra.length > 0 ? [[338, 3, extra] as [number, 3, readonly number[]]] : []),
      ...(format === undefined ? [] : [[339, 3, [format]] as [number, 3, number[]]]),
    ];
    values.sort(([one], [other]) => one - other);
    const directoryBytes = (isBigTiff ? 8 : 2) + values.length * (isBigTiff ? 20 : 12) + offsetBytes;
    const outside: Buffer[] = [];
    let outsideAt = at + directoryBytes;
    const data = isPlanar
      ? Buffer.concat(pixel.map((value) => Buffer.alloc(planePixels, value)))
      : Buffer.concat(Array.from({ length: planePixels }, () => Buffer.from(pixel)));
    const put = (bytes: Buffer) => {
      outside.push(bytes, Buffer.alloc(bytes.length % 2));
      outsideAt += bytes.length + (bytes.length % 2);
      return outsideAt - bytes.length - (bytes.length % 2);
    };
    const dataAt = put(data);
    const entries = values.map(([tag, type, all]) => {
      const bytes = Buffer.concat(all.map((value) => number(tag === 273 ? dataAt + value : value, type === 3 ? 2 : 4)));
      const inside = Buffer.concat([bytes, Buffer.alloc(Math.max(0, offsetBytes - bytes.length))]);
      const value = bytes.length <= offsetBytes ? inside : number(put(bytes), offsetBytes);
      return Buffer.concat([number(tag, 2), number(type, 2), number(all.length, offsetBytes), value]);
    });
    const nextAt = nth === pages.length - 1 ? 0 : outsideAt;
    parts.push(number(values.length, isBigTiff ? 8 : 2), ...entries, number(nextAt, offsetBytes), ...outside);
    at = outsideAt;
  }
  return Buffer.concat([head, number(firstAt, offsetBytes), ...parts]);
}
