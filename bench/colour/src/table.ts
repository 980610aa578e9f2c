/** Lines up rows of text in columns. */

/** The first column to the left, the others to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  const format = (line: readonly string[]) =>
    line.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)));
  const rule = widths.map((width) => '─'.repeat(width)).join('──');
  return [format(head).join('  ').trimEnd(), rule, ...rows.map((row) => format(row).join('  ').trimEnd())].join('\n');
}

export function decimal(value: number | null, digits = 2): string {
  return value === null ? '–' : value.toFixed(digits);
}

export function percent(value: number | null, digits = 1): string {
  return value === null ? '–' : `${(value * 100).toFixed(digits)} %`;
}
