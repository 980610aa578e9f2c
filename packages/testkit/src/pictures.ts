/** Pictures made in code, the same ones every time: a photograph-like landscape, flat art, transparency. */
import sharp from 'sharp';

// Inside Jest every look-up of a global is slow: once is enough.
const { exp, floor, hypot, imul, max, min, round } = Math;

/** Raw sRGB pixels that sharp takes as they are. */
export type RawPicture = { data: Uint8Array; width: number; height: number; channels: 3 | 4 };

/** A seeded generator of numbers in 0 … 1 (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), 1 | state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

type Rgb = readonly [number, number, number];

function mix(a: Rgb, b: Rgb, t: number): Rgb {
  const k = min(1, max(0, t));
  return [a[0] + (b[0] - a[0]) * k, a[1] + (b[1] - a[1]) * k, a[2] + (b[2] - a[2]) * k];
}

/** Smooth noise in 0 … 1: a lattice of random values, interpolated, in octaves. */
function createNoise(seed: number): (x: number, y: number, octaves: number) => number {
  const random = seededRandom(seed);
  const size = 256;
  const lattice = Float32Array.from({ length: size * size }, () => random());
  const at = (x: number, y: number) => lattice[(y & 255) * size + (x & 255)] ?? 0;
  const smooth = (t: number) => t * t * (3 - 2 * t);
  const layer = (x: number, y: number) => {
    const left = floor(x);
    const top = floor(y);
    const u = smooth(x - left);
    const v = smooth(y - top);
    const upper = at(left, top) * (1 - u) + at(left + 1, top) * u;
    return upper * (1 - v) + (at(left, top + 1) * (1 - u) + at(left + 1, top + 1) * u) * v;
  };
  return (x, y, octaves) => {
    let sum = 0;
    let weight = 0;
    for (let octave = 0, scale = 1, share = 1; octave < octaves; octave += 1, scale *= 2, share /= 2) {
      sum += layer(x * scale, y * scale) * share;
      weight += share;
    }
    return sum / weight;
  };
}

const sky = { high: [38, 84, 150], low: [244, 205, 160] } as const;
const ridges: readonly { base: number; height: number; scale: number; colour: Rgb }[] = [
  { base: 0.52, height: 0.16, scale: 3, colour: [142, 150, 178] },
  { base: 0.6, height: 0.15, scale: 4, colour: [92, 108, 136] },
  { base: 0.7, height: 0.12, scale: 5, colour: [50, 72, 84] },
];
const meadow = { near: [52, 74, 30], far: [122, 132, 58] } as const;

type Noise = ReturnType<typeof createNoise>;

/** A landscape under an evening sky: gradients, texture, edges and sensor noise, as a camera would give. */
export function landscape(width: number, height: number, seed = 1): RawPicture {
  const noise = createNoise(seed);
  const random = seededRandom(seed + 1);
  const data = new Uint8Array(width * height * 3);
  const shift = seed * 17.3;
  const outlines = Array.from({ length: width }, (_, column) => outlineAt(column / width, shift, noise));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [red, green, blue] = landscapePixel(x / width, y / height, outlines[x] ?? nowhere, shift, noise);
      const grain = (random() - 0.5) * 9;
      const to = (y * width + x) * 3;
      data[to] = min(255, max(0, red + grain));
      data[to + 1] = min(255, max(0, green + grain));
      data[to + 2] = min(255, max(0, blue + grain));
    }
  }
  return { data, width, height, channels: 3 };
}

/** Where the ridges begin in a column, the farthest first, and where the meadow does. */
type Outline = { tops: readonly number[]; ground: number };

const nowhere: Outline = { tops: [], ground: 1 };

function outlineAt(x: number, shift: number, noise: Noise): Outline {
  return {
    tops: ridges.map(
      ({ base, height, scale }) => base - (noise(x * scale + shift + scale * 9, scale, 5) - 0.5) * 2 * height,
    ),
    ground: 0.8 - (noise(x * 2 + shift, 7, 3) - 0.5) * 0.08,
  };
}

/** Of what covers other things only the nearest is made: pictures are most of what many tests cost. */
function landscapePixel(x: number, y: number, { tops, ground }: Outline, shift: number, noise: Noise): Rgb {
  if (y > ground) return meadowPixel(y - ground, noise(x * 90 + shift, y * 45, 4));
  for (let index = ridges.length - 1; index >= 0; index -= 1) {
    const ridge = ridges[index];
    const top = tops[index] ?? 1;
    if (ridge && y > top)
      return mix(mix(ridge.colour, [205, 190, 180], (y - top) * 1.2), [0, 0, 0], noise(x * 40, y * 60, 3) * 0.18);
  }
  const glow = exp(-((x - 0.68) ** 2 + ((y - 0.47) * 1.4) ** 2) * 18);
  const clear = mix(mix(sky.high, sky.low, (y / 0.58) ** 1.5), [255, 236, 190], glow);
  const cloud = max(0, noise(x * 4 + shift, y * 11, 5) - 0.52) * 3.2;
  return mix(clear, [252, 238, 226], cloud * (1 - y));
}

function meadowPixel(depth: number, grass: number): Rgb {
  const green = mix(mix(meadow.far, meadow.near, depth * 5), [24, 34, 14], max(0, grass - 0.35) * 1.1);
  return grass > 0.74 ? mix(green, [214, 172, 62], (grass - 0.74) * 9) : green;
}

/** By what they were asked for with: many tests of a process want the same one. */
const photographs = new Map<string, Promise<Buffer>>();

/** A JPEG of the landscape, in a buffer of the caller's own. */
export async function photograph(width = 1600, height = 1067, seed = 1, quality = 86): Promise<Buffer> {
  const name = [width, height, seed, quality].join();
  const making = photographs.get(name) ?? takePhotograph(width, height, seed, quality);
  photographs.set(name, making);
  return Buffer.from(await making);
}

function takePhotograph(width: number, height: number, seed: number, quality: number): Promise<Buffer> {
  const raw = landscape(width, height, seed);
  return sharp(raw.data, { raw }).jpeg({ quality }).toBuffer();
}

/** One flat colour as PNG. */
export function flatPng(colour: string, width = 240, height = 160): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background: colour } })
    .png()
    .toBuffer();
}

/** An orange disc with a soft edge on nothing, as PNG. */
export function transparentPng(side = 240): Promise<Buffer> {
  const data = new Uint8Array(side * side * 4);
  for (let y = 0; y < side; y += 1) {
    for (let x = 0; x < side; x += 1) {
      const distance = hypot(x - side / 2 + 0.5, y - side / 2 + 0.5);
      const alpha = min(1, max(0, side * 0.38 - distance));
      data.set([235, 110, 52, round(alpha * 255)], (y * side + x) * 4);
    }
  }
  return sharp(data, { raw: { width: side, height: side, channels: 4 } })
    .png()
    .toBuffer();
}
