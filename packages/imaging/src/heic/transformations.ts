/** What a HEIF file asks to be done to its picture (ISO/IEC 23008-12, 6.5.10 and 6.5.12), on pixels. */
import type { ReducedSamples } from './area-reducer.ts';

/** A quarter against the clock; upside down; left and right exchanged. */
export type Transformation = 'turn' | 'flip' | 'flop';

/** The samples after all of them, in their order. */
export function transformed(samples: ReducedSamples, transformations: readonly Transformation[]): ReducedSamples {
  return transformations.reduce(once, samples);
}

function once({ width, height, channels, data }: ReducedSamples, transformation: Transformation): ReducedSamples {
  const made = data instanceof Uint16Array ? new Uint16Array(data.length) : new Uint8Array(data.length);
  const isTurned = transformation === 'turn';
  const size = isTurned ? { width: height, height: width } : { width, height };
  for (let y = 0, to = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1, to += channels) {
      const fromX = isTurned ? width - 1 - y : transformation === 'flop' ? width - 1 - x : x;
      const fromY = isTurned ? x : transformation === 'flip' ? height - 1 - y : y;
      const from = (fromY * width + fromX) * channels;
      for (let channel = 0; channel < channels; channel += 1) made[to + channel] = data[from + channel] ?? 0;
    }
  }
  return { ...size, channels, data: made };
}
