/** What is unusual about a JPEG's inside: ITU T.81 annex B. */
import { maxMetadataBytes, maxParts } from './limits.ts';
import type { StepBudget } from './step-budget.ts';

/** Scans: encoders write about ten, the standard allows thousands. */
const maxScans = 100;
/** Quantisation and Huffman tables and the like before the first scan; all that there can be of use take 3 kB. */
const maxTableBytes = 64 * 1024;
/** Bytes 0xff that may stand before a marker; nobody writes more than a few. */
const maxFillBytes = 1000;

const startOfScan = 0xda;
const endMarker = 0xd9;
const endOfPicture = Buffer.from([0xff, endMarker]);

/** Segments with lengths up to the first scan; between scans there are only markers to look for. */
export function isUnusualJpeg(bytes: Uint8Array, steps: StepBudget): boolean {
  let at = 2;
  let parts = 0;
  let fillBytes = 0;
  let tableBytes = 0;
  let components = 0;
  let isProgressive = false;
  while (at + 4 <= bytes.length) {
    steps.take();
    if (bytes[at] !== 0xff) return false; // damaged: the decoder says so at once
    const marker = bytes[at + 1] ?? 0;
    if (marker === 0xff) {
      at += 1;
      fillBytes += 1;
      if (fillBytes > maxFillBytes) return true;
      continue;
    }
    if (marker === startOfScan) {
      if (!hasEnd(bytes, at)) return true;
      const isInOneScan = !isProgressive && bytes[at + 4] === components;
      return !isInOneScan && hasManyScans(bytes, at, steps);
    }
    if (isFrameHeader(marker)) {
      components = bytes[at + 9] ?? 0;
      isProgressive = (marker & 3) === 2;
    }
    const length = ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
    parts += 1;
    at += 2 + length;
    if (!isApplicationData(marker)) tableBytes += length;
    if (parts > maxParts || tableBytes > maxTableBytes || at > maxMetadataBytes + tableBytes) return true;
  }
  return false;
}

/**
 * Without the end marker all of it must be decoded to know whether pixels are missing. Coded data never has these two
 * bytes; thumbnails before the scan do.
 */
function hasEnd(bytes: Uint8Array, scanAt: number): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).lastIndexOf(endOfPicture) > scanAt;
}

/** SOF0 to SOF15; between them lie DHT, JPG and DAC. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** APP0 to APP15 and comments. */
function isApplicationData(marker: number): boolean {
  return (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe;
}

function hasManyScans(bytes: Uint8Array, from: number, steps: StepBudget): boolean {
  let scans = 0;
  let parts = 0;
  for (let at = bytes.indexOf(0xff, from); at !== -1; at = bytes.indexOf(0xff, at + 1)) {
    steps.take();
    const marker = bytes[at + 1] ?? 0;
    if (marker === endMarker) return false; // what stands behind is read by nobody
    if (marker === startOfScan) scans += 1;
    else if (isApplicationData(marker)) parts += 1;
    if (scans > maxScans || parts > maxParts) return true;
  }
  return false;
}
