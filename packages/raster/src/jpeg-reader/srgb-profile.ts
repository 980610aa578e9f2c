/** Whether an ICC profile says no more than what is taken for granted without one: that the colours are sRGB. */

type Curve = (value: number) => number;

/** Primaries of sRGB as seen under D50 (ICC.1:2022 with IEC 61966-2-1), in X, Y and Z. */
const primaries: Record<string, readonly number[]> = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
};
const curves = ['rTRC', 'gTRC', 'bTRC'];
/** Well below one step of 8 bits, and more than profiles round. */
const tolerance = 0.002;
const probes = [0.02, 0.1, 0.25, 0.5, 0.75, 0.9];
const tagsAt = 128;
const maxTags = 100;

/** ICC.1:2022. False of everything that is not a simple matrix profile of these primaries and this curve. */
export function isSrgbProfile(profile: Uint8Array): boolean {
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  if (profile.length < tagsAt + 4 || nameAt(view, 16) !== 'RGB ' || nameAt(view, 20) !== 'XYZ ') return false;
  const tags = readTags(view);
  if (!tags || tags.has('A2B0')) return false;
  const hasPrimaries = Object.entries(primaries).every(([name, expected]) => {
    const tag = tags.get(name);
    if (!tag || tag.byteLength < 20 || nameAt(tag, 0) !== 'XYZ ') return false;
    return expected.every((value, axis) => Math.abs(fixedAt(tag, 8 + 4 * axis) - value) < tolerance);
  });
  return hasPrimaries && curves.every((name) => isSrgbCurve(tags.get(name)));
}

function readTags(view: DataView): Map<string, DataView> | null {
  const count = view.getUint32(tagsAt);
  if (count > maxTags || tagsAt + 4 + 12 * count > view.byteLength) return null;
  const tags = new Map<string, DataView>();
  for (let at = tagsAt + 4; at < tagsAt + 4 + 12 * count; at += 12) {
    const from = view.getUint32(at + 4);
    const length = view.getUint32(at + 8);
    if (from + length > view.byteLength) return null;
    tags.set(nameAt(view, at), new DataView(view.buffer, view.byteOffset + from, length));
  }
  return tags;
}

function isSrgbCurve(tag: DataView | undefined): boolean {
  const curve = tag && readCurve(tag);
  return !!curve && probes.every((probe) => Math.abs(curve(probe) - linearOf(probe)) < tolerance);
}

/** A table, or the formula of sRGB's own shape (`para`, function 3). */
function readCurve(tag: DataView): Curve | null {
  if (tag.byteLength < 12) return null;
  const type = nameAt(tag, 0);
  if (type === 'para') return tag.getUint16(8) === 3 && tag.byteLength >= 32 ? readFormula(tag) : null;
  const count = tag.getUint32(8);
  if (type !== 'curv' || count < 256 || tag.byteLength < 12 + 2 * count) return null;
  return (value) => tag.getUint16(12 + 2 * Math.round(value * (count - 1))) / 65_535;
}

function readFormula(tag: DataView): Curve {
  const [g = 0, a = 0, b = 0, c = 0, d = 0] = [12, 16, 20, 24, 28].map((at) => fixedAt(tag, at));
  return (value) => (value >= d ? (a * value + b) ** g : c * value);
}

/** IEC 61966-2-1. */
function linearOf(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function nameAt(view: DataView, at: number): string {
  return String.fromCharCode(...[0, 1, 2, 3].map((index) => view.getUint8(at + index)));
}

/** s15Fixed16Number. */
function fixedAt(view: DataView, at: number): number {
  return view.getInt32(at) / 65_536;
}
