/** Draws plots as SVG, on white, so that they can be read on light and dark pages. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Axis, Plot } from './plot.ts';

const panelSize = { width: 300, height: 220 };
/** Panels in a row. */
const columns = 2;
/** With more points than this a line has no marks: it is one measurement after the other. */
const mostMarked = 20;
/** Told apart by most who do not see all colours (Okabe and Ito, https://jfly.uni-koeln.de/color/). */
const lineColours = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];

/** An SVG document; texts are texts in it. */
export function drawPlot(plot: Plot): Promise<string> {
  return new View(parse(compile(specOf(plot)).spec), { renderer: 'none' }).toSVG();
}

/** Writes `<name>.svg` for each; the folder is made when it is not there. */
export async function writePlots(folder: string, plots: Record<string, Plot>): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, plot] of Object.entries(plots)) await writeFile(join(folder, `${name}.svg`), await drawPlot(plot));
}

function specOf({ title, x, panels }: Plot): TopLevelSpec {
  const names = [...new Set(panels.flatMap(({ lines }) => lines.map(({ name }) => name)))];
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 12,
    title: { text: title, anchor: 'start', fontSize: 15, offset: 12 },
    columns: Math.min(columns, panels.length),
    spacing: 32,
    concat: panels.map(({ y, lines }) => ({
      ...panelSize,
      data: { values: lines.flatMap(({ name, points }) => points.map((point) => ({ ...point, name }))) },
      mark: { type: 'line', strokeWidth: 2, point: lines.every(({ points }) => points.length <= mostMarked) },
      encoding: {
        x: { field: 'x', type: 'quantitative', scale: { type: x.scale, nice: false }, axis: axisOf(x) },
        y: { field: 'y', type: 'quantitative', scale: { type: y.scale }, axis: axisOf(y) },
        color: {
          field: 'name',
          type: 'nominal',
          scale: { domain: names, range: lineColours },
          legend: { title: null, orient: 'top', symbolType: 'stroke', symbolStrokeWidth: 3 },
        },
      },
    })),
    config: {
      font: 'system-ui, "Segoe UI", Helvetica, Arial, sans-serif',
      axis: { labelFontSize: 11, titleFontSize: 12, titleFontWeight: 'normal', gridColor: '#e4e4e4' },
      legend: { labelFontSize: 12, labelLimit: 300 },
    },
  };
}

/** Numbers in full, also where a scale would write 2e+2; logarithmic axes leave some of theirs out. */
const labelExpr = "datum.label === '' ? '' : format(datum.value, ',')";

function axisOf({ title, ticks }: Axis) {
  return { title, labelExpr, labelOverlap: true, ...(ticks && { values: ticks }) };
}
