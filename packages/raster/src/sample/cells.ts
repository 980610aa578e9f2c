/** Which pixels of a picture one pixel of its sample stands for, and which of them are read. */

/**
 * Of a large cell so many pairs of rows and of columns are read: a pattern of two pixels keeps its exact mean, and no
 * picture costs more than 16 pixels for each of its sample.
 */
const pairs = 2;
export const maxReadSide = 2 * pairs;

/** The cells along one side: where each begins, how long it is, and which of its places are read. */
export type Cells = {
  from: Int32Array;
  length: Int32Array;
  places: Int32Array;
  placesCount: Int32Array;
  meanLength: number;
};

export function cellsAlong(side: number, count: number): Cells {
  const cells: Cells = {
    from: new Int32Array(count),
    length: new Int32Array(count),
    places: new Int32Array(count * maxReadSide),
    placesCount: new Int32Array(count),
    meanLength: side / count,
  };
  for (let cell = 0; cell < count; cell += 1) {
    const from = Math.floor((cell * side) / count);
    const length = Math.floor(((cell + 1) * side) / count) - from;
    const places = placesOf(length, cell);
    cells.from[cell] = from;
    cells.length[cell] = length;
    cells.placesCount[cell] = places.length;
    cells.places.set(
      places.map((place) => from + place),
      cell * maxReadSide,
    );
  }
  return cells;
}

/** All places of a short cell; of a long one a pair in each half. */
function placesOf(length: number, cell: number): number[] {
  if (length <= maxReadSide) return Array.from({ length }, (_, place) => place);
  return Array.from({ length: pairs }, (_, pair) => {
    const begin = Math.floor((pair * length) / pairs);
    const room = Math.floor(((pair + 1) * length) / pairs) - begin - 1;
    const first = begin + Math.floor(spread(cell, pair) * room);
    return [first, first + 1];
  }).flat();
}

/**
 * A number from 0 to below 1 for a place; those of neighbours are far apart. Source: the R2 sequence (M. Roberts, "The
 * unreasonable effectiveness of quasirandom sequences", 2018).
 */
export function spread(x: number, y: number): number {
  const sum = x * 0.7548776662466927 + y * 0.5698402909980532;
  return sum - Math.floor(sum);
}
