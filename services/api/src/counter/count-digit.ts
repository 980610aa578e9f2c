/** How often a digit is written when one counts from 1 to n, for n of any length. */

/**
 * Of the numbers from 1 to `n`, written without leading zeros; both in digits. Takes time by the length of `n`.
 *
 * With n = Σ aⱼ·10ʲ, the digit d stands at place i ⌊n / 10ⁱ⁺¹⌋·10ⁱ times in whole rounds, which over all places is
 * Σ j·aⱼ·10ʲ⁻¹. The last round adds 10ⁱ where aᵢ > d, and (n mod 10ⁱ) + 1 where aᵢ = d: over all places aⱼ·10ʲ for each
 * higher place that is d. Zero has no first round at any place, since nothing begins with it. So each power of ten has
 * a small factor, and the carries are made once.
 */
export function countDigit(digit: number, n: string): string {
  const places = n.length;
  const factors = new Float64Array(places + 1);
  const add = (place: number, times: number) => {
    factors[place] = (factors[place] ?? 0) + times;
  };
  let higherAlike = 0;
  for (let place = places - 1; place >= 0; place -= 1) {
    const own = n.charCodeAt(places - 1 - place) - zero;
    if (place > 0) add(place - 1, place * own);
    add(place, own * higherAlike);
    if (own > digit) add(place, 1);
    if (own === digit) {
      add(0, 1);
      higherAlike += 1;
    }
    if (digit === 0) add(place, -1);
  }
  return carried(factors);
}

const zero = '0'.charCodeAt(0);

/** The number Σ factor·10^place in digits; it is not negative, though a factor may be. */
function carried(factors: Float64Array): string {
  const digits: number[] = [];
  let carry = 0;
  for (let place = 0; place < factors.length || carry > 0; place += 1) {
    const sum = (factors[place] ?? 0) + carry;
    carry = Math.floor(sum / 10);
    digits.push(sum - 10 * carry);
  }
  const text = digits.reverse().join('').replace(/^0+/, '');
  return text === '' ? '0' : text;
}
