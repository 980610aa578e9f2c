/** Linear light of sRGB and back, by tables. Source: IEC 61966-2-1. */

/** By channel 0 … 255, 0 … 1. */
export const lightOf = Float64Array.from({ length: 256 }, (_, channel) => {
  const value = channel / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

const steps = 8192;
const channels = Uint8Array.from({ length: steps + 1 }, (_, step) => {
  const light = step / steps;
  return Math.round(255 * (light <= 0.0031308 ? light * 12.92 : 1.055 * light ** (1 / 2.4) - 0.055));
});

/** The channel, 0 … 255, of light from 0 to 1. */
export function channelOf(light: number): number {
  return channels[Math.round(light * steps)] ?? 255;
}
