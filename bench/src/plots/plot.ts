/** What a plot shows: panels side by side over one kind of horizontal axis, each with lines. */
import Type, { type Static } from 'typebox';

/** `symlog` is logarithmic with a place for 0. */
export const axisScales = ['linear', 'log', 'symlog'] as const;

export const Axis = Type.Object({
  /** With its unit. */
  title: Type.String(),
  scale: Type.Enum(axisScales),
  /** Where it is labelled; by default, wherever it fits. */
  ticks: Type.Optional(Type.Array(Type.Number())),
});
export type Axis = Static<typeof Axis>;

export const Plot = Type.Object({
  title: Type.String(),
  x: Axis,
  panels: Type.Array(
    Type.Object({
      y: Axis,
      lines: Type.Array(
        Type.Object({
          name: Type.String(),
          points: Type.Array(Type.Object({ x: Type.Number(), y: Type.Number() })),
        }),
      ),
    }),
  ),
});
export type Plot = Static<typeof Plot>;

type DrawnRow = { values: (number | null)[]; drawn?: { panel: string; line: string } };
type Table = { columns: readonly string[]; rows: readonly DrawnRow[] };
type Look = { title: string; x: Omit<Axis, 'ticks'>; y: Axis['scale'] };

/** The plot of those rows of a table that are to be drawn; columns whose names are no numbers are left out. */
export function plotOfTable({ columns, rows }: Table, { title, x, y }: Look): Plot {
  const places = columns.map(Number);
  const panels = [...new Set(rows.flatMap(({ drawn }) => drawn?.panel ?? []))];
  return {
    title,
    x: { ...x, ticks: places.filter(Number.isFinite) },
    panels: panels.map((panel) => ({
      y: { title: panel, scale: y },
      lines: rows.flatMap(({ drawn, values }) =>
        drawn?.panel === panel ? [{ name: drawn.line, points: pointsOf(places, values) }] : [],
      ),
    })),
  };
}

function pointsOf(places: readonly number[], values: readonly (number | null)[]): { x: number; y: number }[] {
  return places.flatMap((x, index) => {
    const y = values[index] ?? null;
    return Number.isFinite(x) && y !== null && Number.isFinite(y) ? [{ x, y }] : [];
  });
}

/** Those that there are, by the name of their suite. */
export function plotsOf(results: readonly { suite: string; plot?: Plot }[]): Record<string, Plot> {
  return Object.fromEntries(results.flatMap(({ suite, plot }) => (plot ? [[suite, plot]] : [])));
}
