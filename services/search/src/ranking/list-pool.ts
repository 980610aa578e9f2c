/** Many growing lists of whole numbers in a few large arrays: no object for a list, none for an entry. */

/** Cells of a page; the first page of a small pool grows up to that. */
const pageCells = 1 << 16;
const firstCells = 1 << 10;
/** A list's chunks have 4, 8, 16 … cells, the first of which says where the next chunk is. */
const leastChunk = 4;
const greatestChunk = 1 << 12;

/** Entries `from` … `to` (not included) of `cells`; false: no more are wanted. */
export type VisitChunk = (cells: Uint32Array, from: number, to: number) => unknown;

/** Lists are known by small numbers, which the caller gives; one that was never written to is empty. */
export class ListPool {
  readonly #pages: Uint32Array<ArrayBuffer>[] = [new Uint32Array(firstCells)];
  /** Where new chunks are cut from. */
  #nextCell = 0;
  /** By size: the first of the chunks that are free, which name each other; 0 is none, cell 0 is never used. */
  readonly #free = new Map<number, number>();
  #heads = new Uint32Array(64);
  #tails = new Uint32Array(64);
  #counts = new Uint32Array(64);

  constructor() {
    this.#nextCell = leastChunk;
  }

  count(list: number): number {
    return this.#counts[list] ?? 0;
  }

  get bytes(): number {
    const pages = this.#pages.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return pages + 3 * this.#counts.byteLength;
  }

  push(list: number, value: number): void {
    if (list >= this.#counts.length) this.#growLists(list);
    const count = this.#counts[list] ?? 0;
    const { size, before } = placeOf(count);
    if (count === before) this.#addChunk(list, size, count);
    const tail = this.#tails[list] ?? 0;
    this.#page(tail)[(tail % pageCells) + 1 + count - before] = value;
    this.#counts[list] = count + 1;
  }

  /** A list must not change while it is gone through. */
  chunks(list: number, visit: VisitChunk): void {
    let left = this.count(list);
    let chunk = this.#heads[list] ?? 0;
    for (let size = leastChunk; left > 0; size = nextSize(size)) {
      const page = this.#page(chunk);
      const at = chunk % pageCells;
      const here = Math.min(left, size - 1);
      if (visit(page, at + 1, at + 1 + here) === false) return;
      left -= here;
      chunk = page[at] ?? 0;
    }
  }

  /** As an array of its own. */
  read(list: number): Uint32Array {
    const values = new Uint32Array(this.count(list));
    this.readInto(list, values);
    return values;
  }

  /** Answers how many there were: as many as there is room for. */
  readInto(list: number, values: Uint32Array): number {
    let filled = 0;
    this.chunks(list, (cells, from, to) => {
      for (let at = from; at < to && filled < values.length; at++) values[filled++] = cells[at] ?? 0;
    });
    return filled;
  }

  /** Leaves only entries that pass, in their order, and frees the chunks that are left over. */
  keep(list: number, passes: (value: number) => boolean): void {
    const before = this.count(list);
    const kept = this.read(list).filter(passes);
    if (kept.length === before) return;
    this.clear(list);
    for (const value of kept) this.push(list, value);
  }

  clear(list: number): void {
    let left = this.count(list);
    let chunk = this.#heads[list] ?? 0;
    for (let size = leastChunk; left > 0; size = nextSize(size)) {
      const page = this.#page(chunk);
      const next = page[chunk % pageCells] ?? 0;
      page[chunk % pageCells] = this.#free.get(size) ?? 0;
      this.#free.set(size, chunk);
      left -= size - 1;
      chunk = next;
    }
    if (list < this.#counts.length) this.#counts[list] = 0;
  }

  #addChunk(list: number, size: number, count: number): void {
    const chunk = this.#take(size);
    if (count === 0) this.#heads[list] = chunk;
    else {
      const tail = this.#tails[list] ?? 0;
      this.#page(tail)[tail % pageCells] = chunk;
    }
    this.#tails[list] = chunk;
  }

  #take(size: number): number {
    const free = this.#free.get(size) ?? 0;
    if (free !== 0) {
      this.#free.set(size, this.#page(free)[free % pageCells] ?? 0);
      return free;
    }
    // No chunk reaches over the end of a page: what is left of one is never used.
    if ((this.#nextCell % pageCells) + size > pageCells) this.#nextCell = this.#pages.length * pageCells;
    const chunk = this.#nextCell;
    this.#nextCell += size;
    this.#makeRoom();
    return chunk;
  }

  #makeRoom(): void {
    const last = this.#pages.length - 1;
    const page = this.#pages[last];
    const end = this.#nextCell - last * pageCells;
    if (end > pageCells) this.#pages.push(new Uint32Array(pageCells));
    else if (page && end > page.length) this.#pages[last] = grown(page, Math.min(pageCells, 2 * end));
  }

  #page(cell: number): Uint32Array<ArrayBuffer> {
    const page = this.#pages[Math.floor(cell / pageCells)];
    if (!page) throw new RangeError(`No page for cell ${cell}`);
    return page;
  }

  #growLists(list: number): void {
    const length = Math.max(list + 1, Math.ceil(1.5 * this.#counts.length));
    this.#heads = grown(this.#heads, length);
    this.#tails = grown(this.#tails, length);
    this.#counts = grown(this.#counts, length);
  }
}

function nextSize(size: number): number {
  return size < greatestChunk ? 2 * size : greatestChunk;
}

/** Size of the chunk that has the entry, and how many entries stand in chunks before it. */
function placeOf(entry: number): { size: number; before: number } {
  let size = leastChunk;
  let before = 0;
  while (size < greatestChunk && entry >= before + size - 1) {
    before += size - 1;
    size *= 2;
  }
  if (size === greatestChunk) before += Math.floor((entry - before) / (size - 1)) * (size - 1);
  return { size, before };
}

/** A longer copy, zero behind what there was. */
export function grown(array: Uint32Array<ArrayBuffer>, length: number): Uint32Array<ArrayBuffer> {
  const longer = new Uint32Array(length);
  longer.set(array);
  return longer;
}
