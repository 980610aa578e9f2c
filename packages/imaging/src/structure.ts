/** Finds files whose inside is so unusual that even reading their header may take long, without asking a decoder. */
import { sniffFormat } from '@tintype/contracts';

/** Segments, chunks or pages beside the picture itself; a JPEG with a large ICC profile has some 255. */
const maxParts = 1000;
/** Scans of a JPEG: encoders write about ten, the standard allows thousands. */
const maxScans = 100;
/** Frames of a WebP animation; libvips walks to each one from the first, so twice as many take four times as long. */
const maxFrames = 2000;
/** EXIF, profiles, texts together. Decoders copy them several times. */
const maxMetadataBytes = 4 * 1024 * 1024;

/**
 * Whether the header costs more to read than a header should: thousands of segments (each costs a JPEG decoder some
 * 200 bytes), scans, frames or pages, or megabytes of metadata. Looks at lengths only, so it is quick on every file.
 */
export function hasUnusualStructure(bytes: Buffer): boolean {
  switch (sniffFormat(bytes)) {
    case 'jpeg':
      return isUnusualJpeg(bytes);
    case 'png':
      return isUnusualPng(bytes);
    case 'webp':
      return isUnusualWebp(bytes);
    case 'tiff':
      return hasManyPages(bytes);
    case 'avif':
      return hasLargeMetaBox(bytes);
    default:
      return false; // GIF is read in one pass, however many frames it has
  }
}

/** ITU T.81 annex B: segments with lengths up to the first scan; between scans there are only markers to look for. */
function isUnusualJpeg(bytes: Buffer): boolean {
  let at = 2;
  let parts = 0;
  let components = 0;
  let isProgressive = false;
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== 0xff) return false; // damaged: the decoder says so at once
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1; // fill byte
      continue;
    }
    if (marker === 0xda) {
      const isInOneScan = !isProgressive && bytes[at + 4] === components;
      return !isInOneScan && hasManyScans(bytes, at);
    }
    if (isFrameHeader(marker)) {
      components = bytes[at + 9] ?? 0;
      isProgressive = (marker & 3) === 2;
    }
    parts += 1;
    at += 2 + bytes.readUInt16BE(at + 2);
    if (parts > maxParts || (isApplicationData(marker) && at > maxMetadataBytes)) return true;
  }
  return false;
}

/** SOF0 to SOF15; between them lie DHT, JPG and DAC. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** APP0 to APP15 and comments. */
function isApplicationData(marker: number): boolean {
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
}

function hasManyScans(bytes: Buffer, from: number): boolean {
  let scans = 0;
  let parts = 0;
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xda) scans += 1;
    else if (isApplicationData(marker)) parts += 1;
    if (scans > maxScans || parts > maxParts) return true;
  }
  return false;
}

/** PNG (third edition) §5.3: length, type, data, CRC. Only IDAT may come often. */
function isUnusualPng(bytes: Buffer): boolean {
  let parts = 0;
  let metadataBytes = 0;
  for (let at = 8; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    if (bytes.readUInt32BE(at + 4) !== 0x49444154) {
      parts += 1;
      metadataBytes += length;
      if (parts > maxParts || metadataBytes > maxMetadataBytes) return true;
    }
    at += 12 + length;
  }
  return false;
}

/** RFC 9649 §2.3: chunks of the RIFF container. */
function isUnusualWebp(bytes: Buffer): boolean {
  let frames = 0;
  let parts = 0;
  let metadataBytes = 0;
  for (let at = 12; at + 8 <= bytes.length; ) {
    const name = bytes.toString('latin1', at, at + 4);
    const length = bytes.readUInt32LE(at + 4);
    if (name === 'ANMF') frames += 1;
    else parts += 1;
    if (!/^(ANMF|VP8[ L]|ALPH)$/.test(name)) metadataBytes += length;
    if (frames > maxFrames || parts > maxParts || metadataBytes > maxMetadataBytes) return true;
    at += 8 + length + (length % 2);
  }
  return false;
}

/** TIFF 6.0 §2: a chain of directories; BigTIFF (version 43) has wider numbers. A chain that is a ring has many too. */
function hasManyPages(bytes: Buffer): boolean {
  const isLittle = bytes[0] === 0x49;
  const isBig = bytes[isLittle ? 2 : 3] === 43;
  const number = (at: number, width: number): number => {
    if (at < 0 || at + width > bytes.length) return 0;
    if (width < 8) return isLittle ? bytes.readUIntLE(at, width) : bytes.readUIntBE(at, width);
    return Number(isLittle ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  };
  const offsetBytes = isBig ? 8 : 4;
  const countBytes = isBig ? 8 : 2;
  const entryBytes = isBig ? 20 : 12;
  let at = number(isBig ? 8 : 4, offsetBytes);
  for (let pages = 0; at !== 0; pages += 1) {
    if (pages > maxParts) return true;
    at = number(at + countBytes + number(at, countBytes) * entryBytes, offsetBytes);
  }
  return false;
}

/** ISO/IEC 14496-12: what the picture is made of stands in `meta`; a few kilobytes are usual. */
function hasLargeMetaBox(bytes: Buffer): boolean {
  for (let at = 0; at + 8 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const isMeta = bytes.toString('latin1', at + 4, at + 8) === 'meta';
    if (isMeta) return length === 0 || length === 1 || length > maxMetadataBytes;
    if (length < 8) return length === 1; // 64-bit lengths are for films
    at += length;
  }
  return false;
}
