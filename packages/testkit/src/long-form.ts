/** Tests have two forms: `npm run test:long` takes every case, `npm test` some of them where there are many. */

/** Whether this run takes every case. */
export const isLongForm = process.env.TESTS === 'long';

/** Every case in the long form; else so many of them at most, evenly taken, the first and the last among them. */
export function someOf<Case>(cases: readonly Case[], most: number): Case[] {
  if (isLongForm) return [...cases];
  const step = Math.max(1, (cases.length - 1) / Math.max(1, most - 1));
  return cases.filter((_case, i) => i === 0 || Math.floor(i / step) !== Math.floor((i - 1) / step)).slice(0, most);
}
