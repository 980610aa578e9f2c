/** The header of a JPEG (ITU T.81 annex B), as far as it is a usual one. */

import { readOrientation } from './orientation.ts';
import { isSkippable, marker, readRestartInterval, readSegment, type Segment } from './segments.ts';
import { isSrgbProfile } from './srgb-profile.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

export type JpegComponent = {
  id: number;
  /** Sampling factors; 1 and 1 of the only component of a grey picture, whatever the file says. */
  across: number;
  down: number;
  /** Steps of its coefficients in zigzag order, 64 of 8 bits. */
  quantisation: Uint8Array;
};

export type JpegHeader = {
  isProgressive: boolean;
  /** Progressive, or of a scan for each component: a decoder that wants all of a picture keeps its coefficients. */
  hasSeveralScans: boolean;
  /** As it is stored, in pixels. */
  width: number;
  height: number;
  /** One of grey, or three of Y, Cb and Cr. */
  components: JpegComponent[];
  /** 1 to 8, as EXIF counts them. */
  orientation: number;
  hasExif: boolean;
  /** Whether the colours are sRGB, by an ICC profile or by not having one. */
  isSrgb: boolean;
  /** Bodies of the segments that define Huffman tables: building these takes longer than all the rest. */
  huffman: Uint8Array[];
  /** MCUs from one restart marker to the next; 0 for none. */
  restartInterval: number;
  /** Where the marker of the first scan stands. */
  scanAt: number;
};

/** What the segments before the first scan have said. */
type Reading = Omit<JpegHeader, 'components' | 'hasSeveralScans' | 'scanAt' | 'width' | 'height'> & {
  mustBeUsual: boolean;
  frame: {
    width: number;
    height: number;
    components: (Omit<JpegComponent, 'quantisation'> & { table: number })[];
  } | null;
  quantisation: (Uint8Array | undefined)[];
  hasProfile: boolean;
  isJfif: boolean;
  adobeTransform: number | null;
};

const app = { jfif: 0xe0, exif: 0xe1, profile: 0xe2, adobe: 0xee };
const baseline = 0xc0;
const extended = 0xc1;
const progressive = 0xc2;
const maxTables = 4;
/** Of whoever only counts. */
const noSteps = new Uint8Array(64);
const maxHuffmanSegments = 32;
const maxHuffmanBytes = 4096;

/**
 * Reads up to the first scan; null of a file that is not a usual JPEG of 8 bits in grey or YCbCr, whatever else it is:
 * this is no judgement on it.
 */
export function readJpegHeader(bytes: Uint8Array): JpegHeader | null {
  return headerOrNull(bytes, true);
}

/**
 * The same for whoever only counts blocks: of any colours and sampling, and whatever its EXIF says. Null where even that
 * cannot be told.
 */
export function readAnyJpegHeader(bytes: Uint8Array): JpegHeader | null {
  return headerOrNull(bytes, false);
}

function headerOrNull(bytes: Uint8Array, mustBeUsual: boolean): JpegHeader | null {
  try {
    return parseHeader(bytes, mustBeUsual);
  } catch (err) {
    if (err instanceof UnsupportedJpeg) return null;
    throw err;
  }
}

function parseHeader(bytes: Uint8Array, mustBeUsual: boolean): JpegHeader {
  const reading: Reading = {
    mustBeUsual,
    isProgressive: false,
    frame: null,
    quantisation: [],
    orientation: 1,
    hasExif: false,
    isSrgb: true,
    huffman: [],
    restartInterval: 0,
    hasProfile: false,
    isJfif: false,
    adobeTransform: null,
  };
  let at = 2;
  for (;;) {
    const segment = readSegment(bytes, at);
    if (segment.marker === marker.sos) return finished(reading, segment, at);
    readInto(reading, segment);
    at = segment.end;
  }
}

function readInto(reading: Reading, { marker: kind, body }: Segment): void {
  if (kind === marker.dht) keepHuffman(reading, body);
  else if (kind === marker.dqt) readQuantisation(body, reading);
  else if (kind === marker.dri) reading.restartInterval = readRestartInterval(body);
  else if (kind === baseline || kind === extended || kind === progressive) readFrame(reading, kind, body);
  else if (kind === app.jfif) reading.isJfif ||= startsWith(body, 'JFIF\0');
  else if (kind === app.exif && startsWith(body, 'Exif')) readExif(reading, body);
  else if (kind === app.profile && startsWith(body, 'ICC_PROFILE\0')) readProfile(reading, body);
  else if (kind === app.adobe && startsWith(body, 'Adobe')) reading.adobeTransform = body[11] ?? null;
  else if (!isSkippable(kind)) throw new UnsupportedJpeg(`marker ${kind}`);
}

/** The first segment counts, whatever it is, as with libvips: what follows may continue it. */
function readExif(reading: Reading, body: Uint8Array): void {
  if (!reading.hasExif) reading.orientation = orientationOf(body, reading.mustBeUsual);
  reading.hasExif = true;
}

function orientationOf(body: Uint8Array, mustBeUsual: boolean): number {
  try {
    return readOrientation(body);
  } catch (err) {
    if (mustBeUsual || !(err instanceof UnsupportedJpeg)) throw err;
    return 1;
  }
}

function startsWith(body: Uint8Array, text: string): boolean {
  for (let at = 0; at < text.length; at += 1) if (body[at] !== text.charCodeAt(at)) return false;
  return true;
}

/** There is use for eight tables of some hundred bytes. */
function keepHuffman(reading: Reading, body: Uint8Array): void {
  reading.huffman.push(body);
  if (reading.huffman.length > maxHuffmanSegments || body.length > maxHuffmanBytes) {
    throw new UnsupportedJpeg('more tables than there is use for');
  }
}

/** A second one is never looked into: a thousand of them would take long. */
function readProfile(reading: Reading, body: Uint8Array): void {
  reading.isSrgb = !reading.hasProfile && isWholeSrgbProfile(body);
  reading.hasProfile = true;
}

/**
 * Annex B of ICC.1: the number of the part, the count of parts, the part. Profiles of several parts are never simple
 * ones.
 */
function isWholeSrgbProfile(body: Uint8Array): boolean {
  return body[12] === 1 && body[13] === 1 && isSrgbProfile(body.subarray(14));
}

function readQuantisation(body: Uint8Array, { quantisation, mustBeUsual }: Reading): void {
  if (!mustBeUsual) return;
  for (let at = 0; at < body.length; at += 65) {
    const kind = body[at] ?? 0;
    const steps = body.subarray(at + 1, at + 65);
    if (kind >= maxTables || steps.length !== 64) throw new UnsupportedJpeg('steps of more than 8 bits');
    quantisation[kind] = steps;
  }
}

function readFrame(reading: Reading, kind: number, body: Uint8Array): void {
  const [precision = 0, highHeight = 0, lowHeight = 0, highWidth = 0, lowWidth = 0, count = 0] = body;
  if (reading.frame || precision !== 8 || body.length < 6 + 3 * count) throw new UnsupportedJpeg('an unusual frame');
  const components = Array.from({ length: count }, (_, index) => {
    const [id = 0, sampling = 0, table = 0] = body.subarray(6 + 3 * index);
    return { id, across: sampling >> 4, down: sampling & 15, table };
  });
  reading.isProgressive = kind === progressive;
  reading.frame = { width: (highWidth << 8) | lowWidth, height: (highHeight << 8) | lowHeight, components };
}

function finished(reading: Reading, firstScan: Segment, scanAt: number): JpegHeader {
  const { frame, quantisation, hasProfile: _hasProfile, isJfif, adobeTransform, mustBeUsual, ...rest } = reading;
  if (!frame || frame.width === 0 || frame.height === 0) throw new UnsupportedJpeg('no size');
  if (mustBeUsual && !isGreyOrYcbcr(reading, frame.components)) throw new UnsupportedJpeg('other colours than YCbCr');
  const isGrey = frame.components.length === 1;
  if (!frame.components.every(({ across, down }) => isFactor(across) && isFactor(down)))
    throw new UnsupportedJpeg('a sampling that there is not');
  const components = frame.components.map(({ id, across, down, table }) => {
    const steps = mustBeUsual ? quantisation[table] : noSteps;
    if (!steps) throw new UnsupportedJpeg('no quantisation');
    return { id, across: isGrey ? 1 : across, down: isGrey ? 1 : down, quantisation: steps };
  });
  if (mustBeUsual && !hasUsualSampling(components)) throw new UnsupportedJpeg('an unusual sampling');
  const { width, height } = frame;
  const hasSeveralScans = reading.isProgressive || (firstScan.body[0] ?? 0) < components.length;
  return { ...rest, hasSeveralScans, width, height, components, scanAt };
}

/** As libjpeg guesses, where there is nothing to guess. */
function isGreyOrYcbcr({ isJfif, adobeTransform }: Reading, components: { id: number }[]): boolean {
  if (components.length === 1) return true;
  if (components.length !== 3) return false;
  if (adobeTransform !== null) return adobeTransform === 1;
  return isJfif || components.every(({ id }, index) => id === index + 1);
}

/** T.81 B.2.2. */
function isFactor(factor: number): boolean {
  return factor >= 1 && factor <= 4;
}

/** 4:4:4, 4:2:2, 4:4:0 or 4:2:0. */
function hasUsualSampling([first, ...others]: JpegComponent[]): boolean {
  if (!first || first.across < 1 || first.across > 2 || first.down < 1 || first.down > 2) return false;
  return others.every(({ across, down }) => across === 1 && down === 1);
}
