/** The best few of many: a heap that holds no more than are asked for. */

export class Top {
  readonly #most: number;
  /** Negative when the first slot comes before the second. */
  readonly #order: (one: number, other: number) => number;
  /** The last of those that are kept stands on top. */
  readonly #heap: number[] = [];

  constructor(most: number, order: (one: number, other: number) => number) {
    this.#most = most;
    this.#order = order;
  }

  add(slot: number): void {
    const heap = this.#heap;
    if (heap.length < this.#most) {
      heap.push(slot);
      this.#rise(heap.length - 1);
    } else if (this.#most > 0 && this.#order(slot, heap[0] ?? 0) < 0) {
      heap[0] = slot;
      this.#sink();
    }
  }

  /** The one that goes next; null as long as there is room. */
  get last(): number | null {
    return this.#heap.length < this.#most ? null : (this.#heap[0] ?? null);
  }

  /** The best first. */
  sorted(): number[] {
    return this.#heap.toSorted(this.#order);
  }

  #rise(from: number): void {
    const heap = this.#heap;
    for (let at = from; at > 0; ) {
      const above = (at - 1) >> 1;
      const [one, other] = [heap[at] ?? 0, heap[above] ?? 0];
      if (this.#order(one, other) <= 0) return;
      heap[at] = other;
      heap[above] = one;
      at = above;
    }
  }

  #sink(): void {
    const heap = this.#heap;
    for (let at = 0; ; ) {
      let last = at;
      for (const below of [2 * at + 1, 2 * at + 2])
        if (below < heap.length && this.#order(heap[below] ?? 0, heap[last] ?? 0) > 0) last = below;
      if (last === at) return;
      const moved = heap[at] ?? 0;
      heap[at] = heap[last] ?? 0;
      heap[last] = moved;
      at = last;
    }
  }
}
