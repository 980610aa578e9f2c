/** Resamples a plane: what shrinks by a cubic or by Lanczos' kernel, what grows linearly; nothing between two samples is left out. */
import type { Size } from '../pixels.ts';
import type { ComponentPlane } from './planes.ts';

/** Fixed point: weights have 14 bits behind the point. */
const weightBits = 14;
/** What is resampled has so many: rounded to whole steps, brightness and colour would be wrong by one in the picture. */
export const sampleBits = 6;

/** What each sample is made of: the first of the samples before, and the weights of it and of those behind it. */
type Taps = { first: Int32Array; weights: Int32Array; count: number };

/**
 * The plane's picture, from edge to edge, in `width` × `height` samples, with `sampleBits` behind the point and a little
 * below 0 or above 255 where there is an edge.
 */
export function resamplePlane(plane: ComponentPlane, { width, height }: Size): Int16Array {
  const shrink = plane.blockSide === 3 ? lanczos : cubic;
  const narrowed = acrossRows(plane, tapsOf(plane.width, width, shrink), width);
  return downColumns(narrowed, tapsOf(plane.height, height, shrink), width, height);
}

/** By how much a sample counts at a distance of so many of what comes out. */
type Kernel = { weightAt: (distance: number) => number; radius: number };

/** Of the last sizes: those of the two colours are the same, and those of the next picture mostly too. */
const knownTaps = new Map<string, Taps>();
const mostKnownTaps = 16;

/** `from` samples, of which the last may be a part, become `to`. */
function tapsOf(from: number, to: number, shrink: Kernel): Taps {
  const key = `${from} ${to} ${shrink.radius}`;
  const known = knownTaps.get(key);
  if (known) return known;
  const made = makeTaps(from, to, shrink);
  if (knownTaps.size >= mostKnownTaps) knownTaps.clear();
  knownTaps.set(key, made);
  return made;
}

function makeTaps(from: number, to: number, shrink: Kernel): Taps {
  const scale = from / to;
  // Only chroma is ever enlarged, and a little: what decoders do there, too, is linear.
  const { weightAt, radius } = scale > 1 ? { ...shrink, radius: shrink.radius * scale } : linear;
  const samples = Math.ceil(from);
  const count = Math.min(samples, Math.ceil(radius * 2));
  const first = new Int32Array(to);
  const weights = new Int32Array(to * count);
  const shares = new Float64Array(count);
  for (let at = 0; at < to; at += 1) {
    const centre = (at + 0.5) * scale - 0.5;
    const start = Math.max(0, Math.min(samples - count, Math.ceil(centre - radius)));
    let sum = 0;
    for (let tap = 0; tap < count; tap += 1) {
      const share = weightAt(Math.abs(start + tap - centre) / Math.max(1, scale));
      shares[tap] = share;
      sum += share;
    }
    const unit = (1 << weightBits) / sum;
    for (let tap = 0; tap < count; tap += 1) weights[at * count + tap] = Math.round((shares[tap] ?? 0) * unit);
    first[at] = start;
  }
  return { first, weights, count };
}

/**
 * Keys 1981 with a = −¾, a little sharper than Catmull-Rom: samples of a block are means already, and what is made of
 * means alone is blurred.
 */
const cubic: Kernel = {
  radius: 2,
  weightAt(distance) {
    if (distance >= 2) return 0;
    if (distance >= 1) return ((-0.75 * distance + 3.75) * distance - 6) * distance + 3;
    return (1.25 * distance - 2.25) * distance * distance + 1;
  },
};

/**
 * Lanczos' of three lobes (Duchon 1979), half as many taps more: for brightness of nine samples a block, of which
 * little is left to be shrunk. There the cubic blurs; of colour it is not seen.
 */
const lanczos: Kernel = {
  radius: 3,
  weightAt(distance) {
    if (distance === 0) return 1;
    if (distance >= 3) return 0;
    const angle = Math.PI * distance;
    return (3 * Math.sin(angle) * Math.sin(angle / 3)) / (angle * angle);
  },
};

const linear: Kernel = { radius: 1, weightAt: (distance) => Math.max(0, 1 - distance) };

/*
 * Both passes add four taps at a time to a whole line of sums, so that weights are read once a line: a third faster than
 * one sample after the other.
 */
const tapsAtOnce = 4;

function acrossRows(plane: ComponentPlane, { first, weights, count }: Taps, width: number): Int16Array {
  const { data, stride } = plane;
  const rows = Math.ceil(plane.height);
  const narrowed = new Int16Array(rows * width);
  const sums = new Int32Array(rows);
  for (let x = 0; x < width; x += 1) {
    sums.fill(1 << (weightBits - sampleBits - 1));
    const from = first[x] ?? 0;
    let tap = 0;
    for (; tap + tapsAtOnce <= count; tap += tapsAtOnce)
      addFourAcross(sums, data, from + tap, stride, weights, x * count + tap);
    for (; tap < count; tap += 1) addOneAcross(sums, data, from + tap, stride, weights[x * count + tap] ?? 0);
    for (let row = 0, to = x; row < rows; row += 1, to += width)
      narrowed[to] = (sums[row] ?? 0) >> (weightBits - sampleBits);
  }
  return narrowed;
}

function addFourAcross(
  sums: Int32Array,
  data: Uint8ClampedArray,
  start: number,
  stride: number,
  weights: Int32Array,
  tap: number,
): void {
  const w0 = weights[tap] ?? 0;
  const w1 = weights[tap + 1] ?? 0;
  const w2 = weights[tap + 2] ?? 0;
  const w3 = weights[tap + 3] ?? 0;
  for (let row = 0, from = start; row < sums.length; row += 1, from += stride) {
    const left = Math.imul(data[from] ?? 0, w0) + Math.imul(data[from + 1] ?? 0, w1);
    const right = Math.imul(data[from + 2] ?? 0, w2) + Math.imul(data[from + 3] ?? 0, w3);
    sums[row] = ((sums[row] ?? 0) + left + right) | 0;
  }
}

function addOneAcross(sums: Int32Array, data: Uint8ClampedArray, start: number, stride: number, weight: number): void {
  for (let row = 0, from = start; row < sums.length; row += 1, from += stride)
    sums[row] = ((sums[row] ?? 0) + Math.imul(data[from] ?? 0, weight)) | 0;
}

function downColumns(rows: Int16Array, { first, weights, count }: Taps, width: number, height: number): Int16Array {
  const out = new Int16Array(width * height);
  const sums = new Int32Array(width);
  for (let y = 0; y < height; y += 1) {
    sums.fill(1 << (weightBits - 1));
    const from = (first[y] ?? 0) * width;
    let tap = 0;
    for (; tap + tapsAtOnce <= count; tap += tapsAtOnce)
      addFourDown(sums, rows, from + tap * width, weights, y * count + tap);
    for (; tap < count; tap += 1) addOneDown(sums, rows, from + tap * width, weights[y * count + tap] ?? 0);
    for (let x = 0, to = y * width; x < width; x += 1, to += 1) out[to] = (sums[x] ?? 0) >> weightBits;
  }
  return out;
}

function addFourDown(sums: Int32Array, rows: Int16Array, start: number, weights: Int32Array, tap: number): void {
  const w0 = weights[tap] ?? 0;
  const w1 = weights[tap + 1] ?? 0;
  const w2 = weights[tap + 2] ?? 0;
  const w3 = weights[tap + 3] ?? 0;
  const width = sums.length;
  for (let x = 0, from = start; x < width; x += 1, from += 1) {
    const upper = Math.imul(rows[from] ?? 0, w0) + Math.imul(rows[from + width] ?? 0, w1);
    const lower = Math.imul(rows[from + 2 * width] ?? 0, w2) + Math.imul(rows[from + 3 * width] ?? 0, w3);
    sums[x] = ((sums[x] ?? 0) + upper + lower) | 0;
  }
}

function addOneDown(sums: Int32Array, rows: Int16Array, start: number, weight: number): void {
  for (let x = 0, from = start; x < sums.length; x += 1, from += 1)
    sums[x] = ((sums[x] ?? 0) + Math.imul(rows[from] ?? 0, weight)) | 0;
}
