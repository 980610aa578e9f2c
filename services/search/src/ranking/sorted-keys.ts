/** Numbers in the order of their texts, in blocks: one more costs little, and what begins alike stands together. */

const mostInBlock = 512;

export class SortedKeys {
  readonly #textOf: (number: number) => string;
  readonly #blocks: number[][] = [[]];

  /** A number's text must not change while it is here. */
  constructor(textOf: (number: number) => string) {
    this.#textOf = textOf;
  }

  add(number: number): void {
    const at = this.#blockFor(this.#textOf(number));
    const block = this.#blocks[at] ?? [];
    block.splice(this.#placeIn(block, this.#textOf(number)), 0, number);
    if (block.length > mostInBlock) this.#blocks.splice(at + 1, 0, block.splice(mostInBlock / 2));
  }

  /** Nothing happens to a number that is not here. Of equal texts each number is one of its own. */
  remove(number: number): void {
    const text = this.#textOf(number);
    for (let at = this.#blockFor(text); at < this.#blocks.length; at++) {
      const block = this.#blocks[at] ?? [];
      const place = block.indexOf(number);
      if (place >= 0) {
        block.splice(place, 1);
        if (block.length === 0 && this.#blocks.length > 1) this.#blocks.splice(at, 1);
        return;
      }
      if (block.length > 0 && this.#textOf(block[0] ?? 0) > text) return;
    }
  }

  /** Those whose texts begin so, in the order of the texts; the visit ends it by answering false. */
  startingWith(prefix: string, visit: (number: number) => boolean): void {
    for (let at = this.#blockFor(prefix); at < this.#blocks.length; at++) {
      const block = this.#blocks[at] ?? [];
      const from = this.#placeIn(block, prefix);
      // When its last one begins so, all of them do, and no text need be looked at.
      const isWhole = block.length > 0 && this.#textOf(block.at(-1) ?? 0).startsWith(prefix);
      for (let place = from; place < block.length; place++) {
        const number = block[place] ?? 0;
        if (!isWhole && !this.#textOf(number).startsWith(prefix)) return;
        if (!visit(number)) return;
      }
    }
  }

  get bytes(): number {
    return this.#blocks.reduce((sum, { length }) => sum + 8 * length + 64, 0);
  }

  /** The first block that could hold the text: the one before the first block that begins with it or behind it. */
  #blockFor(text: string): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const [first] = this.#blocks[middle] ?? [];
      if (first !== undefined && this.#textOf(first) < text) low = middle + 1;
      else high = middle;
    }
    return Math.max(0, low - 1);
  }

  #placeIn(block: readonly number[], text: string): number {
    let low = 0;
    let high = block.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#textOf(block[middle] ?? 0) < text) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
