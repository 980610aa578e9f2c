import { expect, test } from '@jest/globals';
import { sharesOf } from '../src/shares.ts';
import { seeded } from './pictures.ts';

/** In ten-thousandths, as floating-point addition has its own opinion on 0.7 + 0.2 + 0.1. */
function tenThousandths(shares: readonly number[]): number[] {
  return shares.map((share) => Math.round(share * 10_000));
}

test('when weights divide evenly, then shares are what one expects', () => {
  expect(sharesOf([7])).toEqual([1]);
  expect(sharesOf([3, 1])).toEqual([0.75, 0.25]);
});

test('when thirds are rounded, then the first gets what is missing', () => {
  expect(sharesOf([1, 1, 1])).toEqual([0.3334, 0.3333, 0.3333]);
});

test('when weights are arbitrary, then shares have four decimals, add up to one, keep their order and are off by less than a step', () => {
  const random = seeded(4);
  for (let round = 0; round < 2000; round++) {
    const weights = Array.from({ length: 1 + Math.floor(random() * 8) }, () => 1 + Math.floor(random() ** 3 * 16_384));
    weights.sort((one, other) => other - one);
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const shares = sharesOf(weights);
    const steps = tenThousandths(shares);
    expect(steps.map((step) => step / 10_000)).toEqual(shares);
    expect(steps.reduce((sum, step) => sum + step, 0)).toBe(10_000);
    expect(shares.toSorted((one, other) => other - one)).toEqual(shares);
    shares.forEach((share, index) => {
      expect(Math.abs(share - (weights[index] ?? 0) / total)).toBeLessThan(0.0001);
    });
  }
});
