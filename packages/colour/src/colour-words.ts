/** Colours as people write them: `#rrggbb`, `#rgb` and CSS names, and which name was probably meant. */
import { cssColours } from './css-colours.ts';

const hexOfName: ReadonlyMap<string, string> = new Map(
  cssColours.flatMap(({ name, hex, aliases }) => [name, ...aliases].map((word) => [word, hex] as const)),
);

/**
 * The `#rrggbb` of a CSS name (either case, aliases too), of `#rrggbb` or of `#rgb`; the `#` may be left out of six
 * digits. Null of anything else.
 */
export function hexOfWord(word: string): string | null {
  const text = word.trim().toLowerCase();
  const named = hexOfName.get(text);
  if (named !== undefined) return named;
  if (/^#?[0-9a-f]{6}$/.test(text)) return `#${text.slice(-6)}`;
  const [, red, green, blue] = /^#([0-9a-f])([0-9a-f])([0-9a-f])$/.exec(text) ?? [];
  return red && green && blue ? `#${red}${red}${green}${green}${blue}${blue}` : null;
}

/**
 * Of these words and the CSS names the one that takes the fewest changed letters to become, null where more than a third
 * of them would have to change.
 */
export function nearestWord(word: string, others: readonly string[] = []): string | null {
  const text = word.trim().toLowerCase();
  let nearest: string | null = null;
  let least = Math.floor(text.length / 3) + 1;
  for (const candidate of [...others, ...hexOfName.keys()]) {
    if (Math.abs(candidate.length - text.length) >= least) continue;
    const changes = changesBetween(text, candidate);
    if (changes >= least) continue;
    least = changes;
    nearest = candidate;
  }
  return nearest;
}

/** Letters to add, to leave out or to exchange: V. I. Levenshtein, Soviet Physics Doklady 10 (1966). */
function changesBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const exchanged = (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1);
      next.push(Math.min(exchanged, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
