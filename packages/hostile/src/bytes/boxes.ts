/** ISO base media files (AVIF) as a tree of boxes (ISO/IEC 14496-12). */
export type Box = { type: string; data: Buffer; children: Box[] | null };

/** Boxes that hold boxes, with the bytes of their own before these. */
const containers: Record<string, number> = { meta: 4, iprp: 0, ipco: 0, dinf: 0, iref: 4, iinf: 6 };

export function box(type: string, data: Uint8Array, children: Box[] | null = null): Box {
  return { type, data: Buffer.from(data), children };
}

/** The boxes of a valid file; `data` of a container is what stands before its children. */
export function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const size = bytes.readUInt32BE(at);
    const type = bytes.toString('latin1', at + 4, at + 8);
    const inside = bytes.subarray(at + 8, size === 0 ? bytes.length : at + size);
    const before = containers[type];
    boxes.push(
      before === undefined
        ? box(type, inside)
        : box(type, inside.subarray(0, before), boxesOf(inside.subarray(before))),
    );
    at += size === 0 ? bytes.length : size;
  }
  return boxes;
}

/** May say another size than the true one for a box. */
export type LyingSize = (box: Box, trueSize: number) => number;

export function bytesOfBoxes(boxes: readonly Box[], sizeOf: LyingSize = (_box, size) => size): Buffer {
  return Buffer.concat(
    boxes.map((one) => {
      const inside = Buffer.concat([one.data, bytesOfBoxes(one.children ?? [], sizeOf)]);
      const head = Buffer.alloc(8);
      head.writeUInt32BE(sizeOf(one, inside.length + 8) >>> 0, 0);
      head.write(one.type, 4, 'latin1');
      return Buffer.concat([head, inside]);
    }),
  );
}

/** Every box of the tree, parents first. */
export function allBoxes(boxes: readonly Box[]): Box[] {
  return boxes.flatMap((one) => [one, ...allBoxes(one.children ?? [])]);
}

/** The tree with boxes replaced by none, one or several. */
export function changeBoxes(boxes: readonly Box[], change: (one: Box) => Box[]): Box[] {
  return boxes.flatMap((one) =>
    change({ ...one, children: one.children === null ? null : changeBoxes(one.children, change) }),
  );
}
