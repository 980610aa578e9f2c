/** The example of the limits is one. */
import { expect, test } from '@jest/globals';
import { fits, Limits } from '../src/index.ts';

test('when the limits are documented by an example, then it fits their schema', () => {
  const examples = 'examples' in Limits && Array.isArray(Limits.examples) ? Limits.examples : [];
  expect(examples).toHaveLength(1);
  expect(fits(Limits, examples[0])).toBe(true);
  expect(fits(Limits, {})).toBe(false);
});
