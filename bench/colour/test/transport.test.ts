import { describe, expect, test } from '@jest/globals';
import type { Rgb } from '@tintype/colour';
import { seededRandom } from '@tintype/testkit';
import { differenceOf } from '../src/score.ts';
import { earthMoversDistance } from '../src/transport.ts';
import type { Colour } from '../src/truth.ts';

const black: Rgb = [0, 0, 0];
const white: Rgb = [255, 255, 255];
const red: Rgb = [200, 16, 46];

describe('the earth mover’s distance', () => {
  test('when both palettes are equal, then it is 0, in whatever order', () => {
    const one = [
      { rgb: red, share: 0.3 },
      { rgb: white, share: 0.7 },
    ];
    expect(earthMoversDistance(one, one.toReversed())).toBeCloseTo(0, 12);
  });

  test('when a tenth has another colour, then it is a tenth of the difference', () => {
    const one = [{ rgb: white, share: 1 }];
    const other = [
      { rgb: white, share: 0.9 },
      { rgb: black, share: 0.1 },
    ];
    expect(earthMoversDistance(one, other)).toBeCloseTo(10, 6);
  });

  test('when the shares do not add up to one, then they are taken as parts', () => {
    const one = [{ rgb: white, share: 4 }];
    expect(earthMoversDistance(one, [{ rgb: red, share: 0.1 }])).toBeCloseTo(differenceOf(white, red), 9);
  });

  test('when all shares are equal, then it is the best of all pairings', () => {
    const random = seededRandom(3);
    const palette = (): Colour[] =>
      Array.from({ length: 5 }, () => ({ rgb: [random() * 255, random() * 255, random() * 255], share: 0.2 }));
    for (let round = 0; round < 20; round++) {
      const [one, other] = [palette(), palette()];
      expect(earthMoversDistance(one, other)).toBeCloseTo(bestPairing(one, other) / 5, 9);
    }
  });
});

/** By trying every permutation. */
function bestPairing(one: readonly Colour[], others: readonly Colour[]): number {
  const [first, ...rest] = one;
  if (!first) return 0;
  return Math.min(
    ...others.map(
      (other) =>
        differenceOf(first.rgb, other.rgb) +
        bestPairing(
          rest,
          others.filter((left) => left !== other),
        ),
    ),
  );
}
