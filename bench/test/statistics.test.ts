/** Medians and percentiles: known answers, odd and even counts, nothing at all. */
import { describe, expect, it } from '@jest/globals';
import { mean, median, percentile } from '../src/statistics.ts';

describe('median', () => {
  it('is the middle of an odd count, in whatever order', () => {
    expect(median([9, 1, 5])).toBe(5);
  });

  it('is the mean of the two in the middle of an even count', () => {
    expect(median([10, 2, 4, 1])).toBe(3);
  });

  it('sorts as numbers, not as text', () => {
    expect(median([100, 9, 20])).toBe(20);
  });

  it('leaves the values as they are', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });

  it('is not a number when there is nothing', () => {
    expect(median([])).toBeNaN();
  });
});

describe('percentile', () => {
  const toHundred = Array.from({ length: 100 }, (_, index) => 100 - index);

  it.each([
    [50, 50],
    [95, 95],
    [99, 99],
    [100, 100],
    [0, 1],
  ])('of 1 … 100 at %d is %d', (percent, expected) => {
    expect(percentile(toHundred, percent)).toBe(expected);
  });

  it('is always a value that was measured: the nearest rank', () => {
    expect([5, 30, 40, 50, 100].map((percent) => percentile([15, 20, 35, 40, 50], percent))).toEqual([
      15, 20, 20, 35, 50,
    ]);
  });

  it('is not a number when there is nothing', () => {
    expect(percentile([], 95)).toBeNaN();
  });
});

describe('mean', () => {
  it('is the sum over the count', () => {
    expect(mean([1, 2, 6])).toBe(3);
  });
});
