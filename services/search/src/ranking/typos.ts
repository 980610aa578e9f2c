/** Words that a misspelt one may have been meant for, by symmetric deletes. */

/**
 * Words and what is asked for are looked up by what is left of them without one or two of their letters: both meet
 * there when they differ by as many edits. Source: Wolf Garbe's SymSpell. Only the first letters are taken, which
 * bounds what a long word costs; what meets is held against the true distance.
 */
const deletedFrom = 7;
/** Letters from which on one edit is forgiven, and from which on two are. */
const oneEditFrom = 4;
const twoEditsFrom = 8;
/** Words that are answered. */
const mostMeant = 3;
/** An edit more must be outweighed by e⁴, some fifty times as many items. */
const editCost = 4;
/** People seldom miss the first letter. */
const firstLetterGain = 1;

/** How many edits are forgiven a word; numbers and other codes are never taken for others. */
export function forgivenEdits(text: string): 0 | 1 | 2 {
  if (text.length < oneEditFrom || !/^\p{L}+$/u.test(text)) return 0;
  return text.length < twoEditsFrom ? 1 : 2;
}

export class TypoIndex {
  readonly #textOf: (term: number) => string;
  /** By the upper byte of their hash; each grows by itself, so that none takes long. */
  readonly #tables: (HashTable | undefined)[] = Array.from({ length: 256 });

  constructor(textOf: (term: number) => string) {
    this.#textOf = textOf;
  }

  add(term: number): void {
    for (const hash of this.#hashesOf(term)) {
      const table = this.#tables[hash >>> 24] ?? new HashTable();
      this.#tables[hash >>> 24] = table;
      table.add(hash, term);
    }
  }

  remove(term: number): void {
    for (const hash of this.#hashesOf(term)) this.#tables[hash >>> 24]?.remove(hash, term);
  }

  /** The likeliest first: few edits, and many items that have it. */
  near(text: string, edits: 1 | 2, itemsWith: (term: number) => number): number[] {
    const found = new Map<number, number>();
    for (const hash of hashesOf(text, edits)) {
      this.#tables[hash >>> 24]?.each(hash, (term) => {
        if (found.has(term)) return;
        const word = this.#textOf(term);
        const distance = editDistance(text, word);
        const likelihood =
          Math.log(1 + itemsWith(term)) - editCost * distance + (word[0] === text[0] ? firstLetterGain : 0);
        found.set(term, distance <= edits && itemsWith(term) > 0 ? likelihood : Number.NEGATIVE_INFINITY);
      });
    }
    return [...found]
      .filter(([, likelihood]) => likelihood > Number.NEGATIVE_INFINITY)
      .sort(([one, first], [other, second]) => second - first || (this.#textOf(one) < this.#textOf(other) ? -1 : 1))
      .slice(0, mostMeant)
      .map(([term]) => term);
  }

  get bytes(): number {
    return this.#tables.reduce((sum, table) => sum + (table?.bytes ?? 8), 0);
  }

  #hashesOf(term: number): Set<number> {
    const text = this.#textOf(term);
    // A word is also met by one that is longer or shorter by the edits that are forgiven that one.
    if (text.length < oneEditFrom - 1 || !/^\p{L}+$/u.test(text)) return new Set();
    return hashesOf(text, text.length < twoEditsFrom - 2 ? 1 : 2);
  }
}

/** Of the beginning of a word, and of what is left of it without so many letters. */
function hashesOf(text: string, edits: 1 | 2): Set<number> {
  const begin = text.slice(0, deletedFrom);
  const hashes = new Set([hashOf(begin)]);
  for (let first = 0; first < begin.length; first++) {
    const once = begin.slice(0, first) + begin.slice(first + 1);
    hashes.add(hashOf(once));
    if (edits === 1) continue;
    for (let second = first; second < once.length; second++)
      hashes.add(hashOf(once.slice(0, second) + once.slice(second + 1)));
  }
  return hashes;
}

/** FNV-1a over UTF-16 units, mixed once more for the upper byte; never 0. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0 || 1;
}

/** Hashes and terms in pairs, with open addressing; several terms may have one hash. */
class HashTable {
  /** 0 is free. */
  #hashes = new Uint32Array(16);
  #terms = new Uint32Array(16);
  #filled = 0;

  get bytes(): number {
    return 2 * this.#hashes.byteLength + 160;
  }

  add(hash: number, term: number): void {
    if (4 * (this.#filled + 1) > 3 * this.#hashes.length) this.#grow();
    let at = hash % this.#hashes.length;
    while (this.#hashes[at] !== 0) at = (at + 1) % this.#hashes.length;
    this.#hashes[at] = hash;
    this.#terms[at] = term;
    this.#filled += 1;
  }

  each(hash: number, visit: (term: number) => void): void {
    for (let at = hash % this.#hashes.length; this.#hashes[at] !== 0; at = (at + 1) % this.#hashes.length) {
      if (this.#hashes[at] === hash) visit(this.#terms[at] ?? 0);
    }
  }

  /** What stands behind it, up to the next free place, is put in once more: no graves are left. */
  remove(hash: number, term: number): void {
    const length = this.#hashes.length;
    let at = hash % length;
    while (this.#hashes[at] !== 0 && !(this.#hashes[at] === hash && this.#terms[at] === term)) at = (at + 1) % length;
    if (this.#hashes[at] === 0) return;
    this.#hashes[at] = 0;
    this.#filled -= 1;
    for (at = (at + 1) % length; this.#hashes[at] !== 0; at = (at + 1) % length) {
      const [moved, its] = [this.#hashes[at] ?? 0, this.#terms[at] ?? 0];
      this.#hashes[at] = 0;
      this.#filled -= 1;
      this.add(moved, its);
    }
  }

  #grow(): void {
    const [hashes, terms] = [this.#hashes, this.#terms];
    this.#hashes = new Uint32Array(2 * hashes.length);
    this.#terms = new Uint32Array(2 * hashes.length);
    this.#filled = 0;
    for (const [at, hash] of hashes.entries()) if (hash !== 0) this.add(hash, terms[at] ?? 0);
  }
}

/**
 * Letters put in, left out, replaced, or two neighbours exchanged: optimal string alignment. Source: Damerau, "A
 * technique for computer detection and correction of spelling errors", CACM 7 (1964).
 */
export function editDistance(one: string, other: string): number {
  let before: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (let row = 1; row <= one.length; row++) {
    const current = [row];
    for (let column = 1; column <= other.length; column++) {
      const isSame = one[row - 1] === other[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      if (row > 1 && column > 1 && one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1])
        least = Math.min(least, (before[column - 2] ?? 0) + 1);
      current.push(least);
    }
    before = last;
    last = current;
  }
  return last[other.length] ?? 0;
}
