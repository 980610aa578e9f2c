/** Whether something grows: judged after the first quarter, in which everything still warms up. */
import { median } from '../statistics.ts';

/** A measurement after so many pictures. */
export type Reading = { pictures: number; bytes: number };

export type Trend = {
  /** Least squares over the last three quarters. */
  bytesPerThousand: number;
  /** Medians over the second quarter of the pictures, and over the last. */
  secondQuarterBytes: number;
  lastQuarterBytes: number;
};

/** Readings in their order; NaN where there are too few. */
export function trendOf(readings: readonly Reading[]): Trend {
  const total = readings.at(-1)?.pictures ?? 0;
  const between = (from: number, to: number) =>
    readings.filter(({ pictures }) => pictures >= from * total && pictures <= to * total);
  const medianBetween = (from: number, to: number) => median(between(from, to).map(({ bytes }) => bytes));
  return {
    bytesPerThousand: 1000 * slopeOf(between(0.25, 1)),
    secondQuarterBytes: medianBetween(0.25, 0.5),
    lastQuarterBytes: medianBetween(0.75, 1),
  };
}

function slopeOf(readings: readonly Reading[]): number {
  const meanOf = (take: (reading: Reading) => number) =>
    readings.reduce((sum, reading) => sum + take(reading), 0) / readings.length;
  const meanPictures = meanOf(({ pictures }) => pictures);
  const meanBytes = meanOf(({ bytes }) => bytes);
  const covariance = meanOf(({ pictures, bytes }) => (pictures - meanPictures) * (bytes - meanBytes));
  return covariance / meanOf(({ pictures }) => (pictures - meanPictures) ** 2);
}
