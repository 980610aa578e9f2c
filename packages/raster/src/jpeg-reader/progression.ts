/** In which order the scans of a progressive file may say what (ITU T.81 annex G.1.1): also of those that are not read. */
import type { ScanHeader } from './scan-header.ts';
import { UnsupportedJpeg } from './unsupported-jpeg.ts';

const coefficients = 64;
/** No decoder holds more bits of a coefficient (libjpeg has the same bound). */
const mostMissingBits = 13;
const unknown = -1;

export class Progression {
  /** By the plane of a component: the bits of each coefficient that are still to come, or `unknown`. */
  readonly #missing = new Map<unknown, Int8Array>();

  /**
   * Takes note of one more scan. Throws `UnsupportedJpeg` when it is not one that can follow, or names a table that is
   * not there: what is wrong with a file is not seen in its means alone.
   */
  add(scan: ScanHeader): void {
    const { components, firstCoefficient, lastCoefficient, approximationHigh, approximationLow } = scan;
    const isOfMeans = firstCoefficient === 0;
    const isBand = lastCoefficient >= firstCoefficient && lastCoefficient < coefficients && components.length === 1;
    const isNext = approximationHigh === 0 || approximationHigh === approximationLow + 1;
    if (!(isOfMeans ? lastCoefficient === 0 : isBand) || !isNext || approximationLow > mostMissingBits)
      throw new UnsupportedJpeg('an unusual scan');
    for (const { plane, dc, ac } of components) {
      const missing = this.#missing.get(plane) ?? new Int8Array(coefficients).fill(unknown);
      this.#missing.set(plane, missing);
      if (!isOfMeans && missing[0] === unknown) throw new UnsupportedJpeg('waves before their mean');
      for (let at = firstCoefficient; at <= lastCoefficient; at += 1) {
        const before = missing[at] ?? unknown;
        if (approximationHigh !== Math.max(0, before) || (approximationHigh === 0 && before !== unknown))
          throw new UnsupportedJpeg('scans out of order');
        missing[at] = approximationLow;
      }
      requireTable(isOfMeans, approximationHigh === 0, dc, ac);
    }
  }

  /** Whether there is a scan of it at all. */
  hasMeans(plane: unknown): boolean {
    return this.#missing.has(plane);
  }

  /** Whether all bits of all coefficients have been told: of a file that is cut off they have not. */
  isComplete(plane: unknown): boolean {
    return this.#missing.get(plane)?.every((bits) => bits === 0) ?? false;
  }
}

/** Later bits of means need none. */
function requireTable(
  isOfMeans: boolean,
  isFirst: boolean,
  dc: ScanHeader['components'][number]['dc'],
  ac: ScanHeader['components'][number]['ac'],
): void {
  if (isOfMeans && !isFirst) return;
  const table = isOfMeans ? dc : ac;
  if (!table) throw new UnsupportedJpeg('a scan without its table');
  if (isOfMeans) table.buildDifferences();
  else table.build();
}
