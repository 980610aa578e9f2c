/** What an AVIF says of its colours: ISO/IEC 23008-12, the properties of the primary item. */
import { type ColourEncoding, encodingOfCodes } from './encoding.ts';

export type AvifColour = {
  /** Null for sRGB, and where there is a profile, which counts for more. */
  encoding: ColourEncoding | null;
  /** A profile for grey, which libvips does not apply to pixels that libheif has made colours of. */
  greyProfile: Buffer | null;
};

type Box = { type: string; inside: Buffer };
/** More are not usual, and looked at by a child. */
const maxBoxes = 1000;

export function colourOfAvif(bytes: Buffer): AvifColour {
  const properties = propertiesOfPrimary(bytes);
  const colours = properties.filter(({ type }) => type === 'colr').map(({ inside }) => inside);
  const kindOf = (colour: Buffer) => colour.toString('latin1', 0, 4);
  const profile = colours.find((colour) => ['prof', 'rICC'].includes(kindOf(colour)))?.subarray(4);
  const codes = colours.find((colour) => kindOf(colour) === 'nclx' && colour.length >= 11);
  const isGrey = properties.some(({ type, inside }) => type === 'av1C' && ((inside[2] ?? 0) & 0x10) !== 0);
  // Of colours libheif undoes a narrow range, of grey it does not.
  const isNarrow = isGrey && codes !== undefined && ((codes[10] ?? 0) & 0x80) === 0;
  const [primaries, transfer] = codes && !profile ? [codes.readUInt16BE(4), codes.readUInt16BE(6)] : [2, 2];
  return {
    encoding: encodingOfCodes(primaries, transfer, isNarrow) ?? null,
    greyProfile: isGrey && profile?.toString('latin1', 16, 20) === 'GRAY' ? profile : null,
  };
}

/** Where the primary item has none, all that there are: its tiles may have them. */
function propertiesOfPrimary(bytes: Buffer): Box[] {
  const meta = boxesOf(bytes).find(({ type }) => type === 'meta');
  const inMeta = meta ? boxesOf(meta.inside.subarray(4)) : [];
  const inIprp = boxesOf(insideOf(inMeta, 'iprp'));
  const all = boxesOf(insideOf(inIprp, 'ipco'));
  const primary = primaryItemOf(insideOf(inMeta, 'pitm'));
  const own = associationsOf(insideOf(inIprp, 'ipma'), primary).flatMap((index) => all[index - 1] ?? []);
  return own.some(({ type }) => type === 'colr') ? own : all;
}

/** ISO/IEC 14496-12, 8.11.4; 0, which no item has, where it is cut off. */
function primaryItemOf(pitm: Buffer): number {
  const idBytes = (pitm[0] ?? 0) === 0 ? 2 : 4;
  return pitm.length < 4 + idBytes ? 0 : pitm.readUIntBE(4, idBytes);
}

/** One-based indexes of an item's properties: ISO/IEC 14496-12, 8.11.14. */
function associationsOf(ipma: Buffer, item: number): number[] {
  const [version = 0, , , flags = 0] = ipma;
  const idBytes = version === 0 ? 2 : 4;
  const indexBytes = (flags & 1) === 1 ? 2 : 1;
  let at = 8;
  for (let left = ipma.length < 8 ? 0 : Math.min(ipma.readUInt32BE(4), maxBoxes); left > 0; left -= 1) {
    if (at + idBytes + 1 > ipma.length) return [];
    const id = ipma.readUIntBE(at, idBytes);
    const count = ipma[at + idBytes] ?? 0;
    at += idBytes + 1;
    const end = at + count * indexBytes;
    if (end > ipma.length) return [];
    if (id === item) {
      const essentialBit = indexBytes === 2 ? 0x8000 : 0x80;
      return Array.from(
        { length: count },
        (_, nth) => ipma.readUIntBE(at + nth * indexBytes, indexBytes) % essentialBit,
      );
    }
    at = end;
  }
  return [];
}

function insideOf(boxes: readonly Box[], type: string): Buffer {
  return boxes.find((box) => box.type === type)?.inside ?? Buffer.alloc(0);
}

function boxesOf(bytes: Buffer): Box[] {
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length && boxes.length < maxBoxes; ) {
    const told = bytes.readUInt32BE(at);
    const size = told === 0 ? bytes.length - at : told;
    if (size < 8) break; // 64-bit sizes are for films
    boxes.push({ type: bytes.toString('latin1', at + 4, at + 8), inside: bytes.subarray(at + 8, at + size) });
    at += size;
  }
  return boxes;
}
