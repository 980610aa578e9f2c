/** What a picture's numbers mean as light, where that is not sRGB: primaries and transfer, by the code points of H.273. */

export type Chromaticity = readonly [x: number, y: number];
export type Primaries = { red: Chromaticity; green: Chromaticity; blue: Chromaticity; white: Chromaticity };

/** Light of a sample between 0 and 1; 1 is the white of a screen without high dynamic range. */
export type Transfer = {
  lightOf(sample: number): number;
  /** Of HLG: what its samples tell is light of the scene, and a screen shows it by its luminance to this power. */
  sceneGamma?: number;
};

export type ColourEncoding = {
  primaries: Primaries;
  transfer: Transfer;
  /** Samples of narrow range: 16 is black and 235 is white, of 255. */
  isNarrow: boolean;
};

const d65: Chromaticity = [0.3127, 0.329];
const illuminantC: Chromaticity = [0.31, 0.316];
const srgbCode = { primaries: 1, transfer: 13 };

export const srgbPrimaries: Primaries = { red: [0.64, 0.33], green: [0.3, 0.6], blue: [0.15, 0.06], white: d65 };

const smpte170: Primaries = { red: [0.63, 0.34], green: [0.31, 0.595], blue: [0.155, 0.07], white: d65 };
const p3 = { red: [0.68, 0.32], green: [0.265, 0.69], blue: [0.15, 0.06] } as const;

/** ITU-T H.273 (2024), table 2; 2 is unspecified, and then sRGB's are meant. */
const primariesByCode: ReadonlyMap<number, Primaries> = new Map([
  [1, srgbPrimaries],
  [2, srgbPrimaries],
  [4, { red: [0.67, 0.33], green: [0.21, 0.71], blue: [0.14, 0.08], white: illuminantC }],
  [5, { red: [0.64, 0.33], green: [0.29, 0.6], blue: [0.15, 0.06], white: d65 }],
  [6, smpte170],
  [7, smpte170],
  [8, { red: [0.681, 0.319], green: [0.243, 0.692], blue: [0.145, 0.049], white: illuminantC }],
  [9, { red: [0.708, 0.292], green: [0.17, 0.797], blue: [0.131, 0.046], white: d65 }],
  [10, { red: [1, 0], green: [0, 1], blue: [0, 0], white: [1 / 3, 1 / 3] }],
  [11, { ...p3, white: [0.314, 0.351] }],
  [12, { ...p3, white: d65 }],
  [22, { red: [0.63, 0.34], green: [0.295, 0.605], blue: [0.155, 0.077], white: d65 }],
]);

/** A straight line near black and a power above, as most curves for screens and cameras are. */
function piecewise(slope: number, offset: number, exponent: number, knee: number): Transfer {
  return {
    lightOf: (sample) => (sample < knee ? sample / slope : ((sample + offset) / (1 + offset)) ** (1 / exponent)),
  };
}

export function powerTransfer(exponent: number): Transfer {
  return { lightOf: (sample) => sample ** exponent };
}

const srgb = piecewise(12.92, 0.055, 1 / 2.4, 0.04045);
const bt709 = piecewise(4.5, 0.099296826809443, 0.45, 0.0812428582986);

/** Luminance of white on a screen without high dynamic range, in cd/m²: ITU-R BT.2408, table 1. */
const referenceWhite = 203;

/** SMPTE ST 2084: absolute, up to 10 000 cd/m². */
const pq: Transfer = {
  lightOf(sample) {
    const [m1, m2] = [2610 / 16_384, (128 * 2523) / 4096];
    const [c1, c2, c3] = [3424 / 4096, (32 * 2413) / 4096, (32 * 2392) / 4096];
    const power = sample ** (1 / m2);
    return (10_000 / referenceWhite) * (Math.max(0, power - c1) / (c2 - c3 * power)) ** (1 / m1);
  },
};

/** ARIB STD-B67 in ITU-R BT.2100: light of the scene; a screen of 1000 cd/m² shows 75 % as white. */
const hlg: Transfer = {
  lightOf(sample) {
    const [a, b, c] = [0.17883277, 0.28466892, 0.55991073];
    const scene = sample <= 0.5 ? sample ** 2 / 3 : (Math.exp((sample - c) / a) + b) / 12;
    return scene * (1000 / referenceWhite) ** (1 / 1.2);
  },
  sceneGamma: 1.2,
};

const logarithmic = (decades: number): Transfer => ({
  lightOf: (sample) => (sample <= 0 ? 0 : 10 ** ((sample - 1) * decades)),
});

/** ITU-T H.273 (2024), table 3; 2 is unspecified, and then sRGB's is meant. */
const transferByCode: ReadonlyMap<number, Transfer> = new Map([
  [1, bt709],
  [2, srgb],
  [4, powerTransfer(2.2)],
  [5, powerTransfer(2.8)],
  [6, bt709],
  [7, piecewise(4, 0.1115, 0.45, 0.0912)],
  [8, powerTransfer(1)],
  [9, logarithmic(2)],
  [10, logarithmic(2.5)],
  [11, bt709],
  [12, bt709],
  [13, srgb],
  [14, bt709],
  [15, bt709],
  [16, pq],
  [17, { lightOf: (sample) => (52.37 / 48) * sample ** 2.6 }],
  [18, hlg],
]);

/** By code points; null for sRGB, undefined for what H.273 does not know. */
export function encodingOfCodes(
  primaries: number,
  transfer: number,
  isNarrow: boolean,
): ColourEncoding | null | undefined {
  const isSrgb = [srgbCode.primaries, 2].includes(primaries) && [srgbCode.transfer, 2].includes(transfer);
  const known = { primaries: primariesByCode.get(primaries), transfer: transferByCode.get(transfer) };
  if (!known.primaries || !known.transfer) return undefined;
  if (isSrgb && !isNarrow) return null;
  return { primaries: known.primaries, transfer: known.transfer, isNarrow };
}

/** Transfers of television: cameras and encoders that say nothing else write them in a stream, and mean sRGB. */
const televisionTransfers: readonly number[] = [1, 6, 14, 15];

/** What code points of HEVC or AV1 mean where the file around it says nothing; null is sRGB. */
export function codesOfStream<Codes extends { transfer: number }>(codes: Codes): Codes | null {
  return televisionTransfers.includes(codes.transfer) ? null : codes;
}
