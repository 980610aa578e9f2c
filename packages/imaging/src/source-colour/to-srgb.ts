/** Samples of another colour encoding become 8-bit sRGB; what is brighter or more colourful than that is cut. */
import { inTurns } from '../in-turns.ts';
import { type Chromaticity, type ColourEncoding, type Primaries, srgbPrimaries } from './encoding.ts';

/** Red, green and blue, and alpha where there are four; `most` is the sample of full intensity. */
export type Samples = { data: Uint8Array | Uint16Array; channels: number; most: number };

type Matrix = readonly [Triple, Triple, Triple];
type Triple = readonly [number, number, number];

/** Takes a few milliseconds of the loop. */
const pixelsPerTurn = 100_000;

/**
 * Without an encoding only the depth changes. Colours outside of sRGB are cut channel by channel, as browsers do. Of high
 * dynamic range reference white stays white (ITU-R BT.2408), and brighter light is scaled until its largest channel is
 * that of white, so that it keeps its hue.
 */
export async function toSrgb({ data, channels, most }: Samples, encoding: ColourEncoding | null): Promise<Uint8Array> {
  const made = new Uint8Array(data.length);
  const convert = encoding ? createConversion(encoding, most) : createCopy(most);
  await inTurns(data.length / channels, pixelsPerTurn, (from, end) => {
    for (let at = from * channels; at < end * channels; at += channels) {
      convert(data, made, at);
      if (channels === 4) made[at + 3] = Math.round(((data[at + 3] ?? 0) * 255) / most);
    }
  });
  return made;
}

/** Writes the pixel that begins at an index. */
type WritePixel = (data: Samples['data'], made: Uint8Array, at: number) => void;

function createCopy(most: number): WritePixel {
  return (data, made, at) => {
    for (let channel = at; channel < at + 3; channel += 1)
      made[channel] = Math.round(((data[channel] ?? 0) * 255) / most);
  };
}

function createConversion({ primaries, transfer, isNarrow }: ColourEncoding, most: number): WritePixel {
  const light = lightTable((sample) => transfer.lightOf(isNarrow ? widened(sample) : sample), most);
  const [toRed, toGreen, toBlue] = matrixToSrgb(primaries);
  const luminance = matrixToXyz(primaries)[1];
  const { sceneGamma = 1 } = transfer;
  return (data, made, at) => {
    let [red, green, blue] = [light(data[at] ?? 0), light(data[at + 1] ?? 0), light(data[at + 2] ?? 0)];
    if (sceneGamma !== 1) {
      const scale = dot(luminance, red, green, blue) ** (sceneGamma - 1);
      [red, green, blue] = [red * scale, green * scale, blue * scale];
    }
    const over = Math.max(1, red, green, blue);
    made[at] = channelOf(dot(toRed, red, green, blue) / over);
    made[at + 1] = channelOf(dot(toGreen, red, green, blue) / over);
    made[at + 2] = channelOf(dot(toBlue, red, green, blue) / over);
  };
}

const widened = (sample: number) => Math.min(1, Math.max(0, (sample * 255 - 16) / 219));

/** Filled as samples come: a small picture has few of 65 536. */
function lightTable(lightOf: (sample: number) => number, most: number): (sample: number) => number {
  const known = new Float64Array(most + 1).fill(Number.NaN);
  return (sample) => {
    const found = known[sample] ?? 0;
    if (!Number.isNaN(found)) return found;
    const light = lightOf(sample / most);
    known[sample] = light;
    return light;
  };
}

/** IEC 61966-2-1. */
function channelOf(light: number): number {
  if (light <= 0) return 0;
  if (light >= 1) return 255;
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
}

/** Linear light of these primaries to that of sRGB's; another white is adapted to by Bradford, as in ICC profiles. */
export function matrixToSrgb(primaries: Primaries): Matrix {
  const adapted = multiply(adaptation(primaries.white, srgbPrimaries.white), matrixToXyz(primaries));
  return multiply(inverse(matrixToXyz(srgbPrimaries)), adapted);
}

/** SMPTE RP 177: the columns are the primaries, as bright as it takes for white. */
function matrixToXyz({ red, green, blue, white }: Primaries): Matrix {
  const columns = transpose([xyzOf(red), xyzOf(green), xyzOf(blue)]);
  const [r, g, b] = apply(inverse(columns), scaled(xyzOf(white), 1 / white[1]));
  return [scaledBy(columns[0], r, g, b), scaledBy(columns[1], r, g, b), scaledBy(columns[2], r, g, b)];
}

const bradford: Matrix = [
  [0.8951, 0.2664, -0.1614],
  [-0.7502, 1.7135, 0.0367],
  [0.0389, -0.0685, 1.0296],
];

function adaptation(from: Chromaticity, to: Chromaticity): Matrix {
  const conesOf = (white: Chromaticity) => apply(bradford, scaled(xyzOf(white), 1 / white[1]));
  const [[l0, m0, s0], [l1, m1, s1]] = [conesOf(from), conesOf(to)];
  const scale: Matrix = [
    [l1 / l0, 0, 0],
    [0, m1 / m0, 0],
    [0, 0, s1 / s0],
  ];
  return multiply(inverse(bradford), multiply(scale, bradford));
}

const xyzOf = ([x, y]: Chromaticity): Triple => [x, y, 1 - x - y];
const scaled = ([x, y, z]: Triple, by: number): Triple => [x * by, y * by, z * by];
const scaledBy = ([x, y, z]: Triple, r: number, g: number, b: number): Triple => [x * r, y * g, z * b];
const dot = ([x, y, z]: Triple, r: number, g: number, b: number): number => x * r + y * g + z * b;
const apply = ([a, b, c]: Matrix, [x, y, z]: Triple): Triple => [dot(a, x, y, z), dot(b, x, y, z), dot(c, x, y, z)];

function transpose([a, b, c]: Matrix): Matrix {
  return [
    [a[0], b[0], c[0]],
    [a[1], b[1], c[1]],
    [a[2], b[2], c[2]],
  ];
}

function multiply(one: Matrix, other: Matrix): Matrix {
  const [a, b, c] = transpose(other);
  return transpose([apply(one, a), apply(one, b), apply(one, c)]);
}

/** By the adjugate; chromaticities on one line have none, and nothing useful comes of them. */
function inverse([[a, b, c], [d, e, f], [g, h, i]]: Matrix): Matrix {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const rows: Matrix = [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ];
  return [scaled(rows[0], 1 / determinant), scaled(rows[1], 1 / determinant), scaled(rows[2], 1 / determinant)];
}
