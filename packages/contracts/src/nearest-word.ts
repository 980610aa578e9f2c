/** Which of the known words was probably meant by one that is not known. */

/**
 * The candidate that takes the fewest changed letters to become, whatever their case; the first of equals. Null where more
 * than `mostChanges` would have to change, which is a third of the letters.
 */
export function nearestWord(word: string, candidates: Iterable<string>, mostChanges?: number): string | null {
  const text = word.trim().toLowerCase();
  let nearest: string | null = null;
  let least = (mostChanges ?? Math.floor(text.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) >= least) continue;
    const changes = changesBetween(text, candidate.toLowerCase());
    if (changes >= least) continue;
    least = changes;
    nearest = candidate;
  }
  return nearest;
}

/**
 * Letters to add, to leave out, to exchange, or neighbours to swap: F. J. Damerau, Communications of the ACM 7 (1964), in
 * the form called optimal string alignment.
 */
function changesBetween(one: string, other: string): number {
  let before: number[] = [];
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let at = 1; at <= one.length; at++) {
    const next = [at];
    for (let to = 1; to <= other.length; to++) {
      const exchanged = (row[to - 1] ?? 0) + (one[at - 1] === other[to - 1] ? 0 : 1);
      const isSwapped = at > 1 && to > 1 && one[at - 1] === other[to - 2] && one[at - 2] === other[to - 1];
      const swapped = isSwapped ? (before[to - 2] ?? 0) + 1 : exchanged;
      next.push(Math.min(exchanged, swapped, (row[to] ?? 0) + 1, (next[to - 1] ?? 0) + 1));
    }
    before = row;
    row = next;
  }
  return row.at(-1) ?? 0;
}
