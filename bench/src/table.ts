/** Tables of text: columns side by side. */

/**
 * The first and the last column flush left, numbers in between flush right. Every row has as many cells as the first.
 */
export function aligned(cells: readonly string[][]): string[] {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells.map((row) => {
    const columns = row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return column === 0 || column === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
    });
    return `  ${columns.join('  ')}`.trimEnd();
  });
}
