/** Colours as people write them: `#rrggbb`, `#rgb` and CSS names. */
import { cssColours } from './css-colours.ts';

const hexOfName: ReadonlyMap<string, string> = new Map(
  cssColours.flatMap(({ name, hex, aliases }) => [name, ...aliases].map((word) => [word, hex] as const)),
);

/** CSS names of colours, aliases too, in small letters. */
export const colourNames: readonly string[] = [...hexOfName.keys()];

/**
 * The `#rrggbb` of a CSS name (either case, aliases too), of `#rrggbb` or of `#rgb`; the `#` may be left out. Null of
 * anything else.
 */
export function hexOfWord(word: string): string | null {
  const text = word.trim().toLowerCase();
  const named = hexOfName.get(text);
  if (named !== undefined) return named;
  if (/^#?[0-9a-f]{6}$/.test(text)) return `#${text.slice(-6)}`;
  const [, red, green, blue] = /^#?([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(text) ?? [];
  return red && green && blue ? `#${red}${red}${green}${green}${blue}${blue}` : null;
}
