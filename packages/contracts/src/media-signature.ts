/** Media signatures: what the first bytes of a file say it is, whatever its name or Content-Type claim. */

/** Picture formats that are accepted, some of them only where the operator says so (`switchedFormats`). */
export const acceptedFormats = ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'heic'] as const;
export type AcceptedFormat = (typeof acceptedFormats)[number];

/** Formats that are recognised only to be refused by name. */
export const refusedFormats = [
  'svg',
  'pdf',
  'bmp',
  'ico',
  'jxl',
  'jp2',
  'psd',
  'openexr',
  'mp4',
  'html',
  'raw',
] as const;
export type RefusedFormat = (typeof refusedFormats)[number];

/** How many bytes `sniffFormat` looks at. */
export const signatureBytes = 512;

type Signature = [format: AcceptedFormat | RefusedFormat, offset: number, bytes: readonly number[]];

const ascii = (text: string) => [...text].map((c) => c.charCodeAt(0));
const signatures: readonly Signature[] = [
  ['jpeg', 0, [0xff, 0xd8, 0xff]],
  ['png', 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['gif', 0, ascii('GIF87a')],
  ['gif', 0, ascii('GIF89a')],
  ['webp', 8, ascii('WEBP')],
  ['tiff', 0, [0x49, 0x49, 0x2a, 0x00]],
  ['tiff', 0, [0x4d, 0x4d, 0x00, 0x2a]],
  ['tiff', 0, [0x49, 0x49, 0x2b, 0x00]],
  ['tiff', 0, [0x4d, 0x4d, 0x00, 0x2b]],
  ['pdf', 0, ascii('%PDF-')],
  ['bmp', 0, ascii('BM')],
  ['ico', 0, [0, 0, 1, 0]],
  ['ico', 0, [0, 0, 2, 0]], // a cursor
  ['jxl', 0, [0xff, 0x0a]],
  ['jxl', 4, ascii('JXL ')],
  ['jp2', 4, ascii('jP  ')],
  ['jp2', 0, [0xff, 0x4f, 0xff, 0x51]],
  ['psd', 0, ascii('8BPS')],
  ['openexr', 0, [0x76, 0x2f, 0x31, 0x01]],
  // Camera raw that is no TIFF; what is one is told by its first page.
  ['raw', 0, ascii('FUJIFILMCCD-RAW')], // RAF
  ['raw', 0, [...ascii('IIU'), 0]], // RW2
  ['raw', 0, ascii('IIRO')], // ORF
  ['raw', 0, ascii('IIRS')],
  ['raw', 0, ascii('MMOR')],
  ['raw', 0, ascii('FOVb')], // X3F
  ['raw', 0, [0, ...ascii('MRM')]], // MRW
  ['raw', 6, ascii('HEAPCCDR')], // CRW
  ['raw', 4, ascii('ftypcrx ')], // CR3
];

const heicBrands = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'mif2', 'mif3', 'msf1'];

/**
 * Names the format of a file from its first bytes (give at least `signatureBytes`, or the whole file when shorter).
 * Returns null for bytes of no known kind. ISO base media files (ISO/IEC 14496-12) are told apart by their brands:
 * an AVIF may carry the generic major brand `mif1` and name `avif` among the compatible ones.
 */
export function sniffFormat(head: Uint8Array): AcceptedFormat | RefusedFormat | null {
  for (const [format, offset, bytes] of signatures) {
    if (bytes.every((byte, i) => head[offset + i] === byte)) return format;
  }
  if (textAt(head, 4, 4) === 'ftyp') return isoBaseMediaFormat(head);
  const text = textAt(head, 0, signatureBytes).trimStart().toLowerCase();
  if (text.includes('<svg')) return 'svg';
  if (text.startsWith('<!doctype html') || text.startsWith('<html')) return 'html';
  return null;
}

function isoBaseMediaFormat(head: Uint8Array): AcceptedFormat | RefusedFormat {
  const boxBytes = new DataView(head.buffer, head.byteOffset, head.byteLength).getUint32(0);
  const major = textAt(head, 8, 4);
  // A low-overhead header names the kind where others have a version (ISO/IEC 23008-12, 10.2.9).
  const brands = major === 'mif3' ? [major, textAt(head, 12, 4)] : [major];
  for (let at = 16; at + 4 <= Math.min(boxBytes, head.length, 256); at += 4) brands.push(textAt(head, at, 4));
  if (brands.includes('avif') || brands.includes('avis')) return 'avif';
  return brands.some((brand) => heicBrands.includes(brand)) ? 'heic' : 'mp4';
}

function textAt(bytes: Uint8Array, from: number, length: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, from + length);
}
