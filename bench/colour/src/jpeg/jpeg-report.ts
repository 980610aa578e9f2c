/** The table of reduced JPEGs. */
import { quantile } from '../statistics.ts';
import { decimal, table } from '../table.ts';
import type { Photograph } from './fetch-photographs.ts';
import type { JpegDistance } from './jpeg-run.ts';

export function reportJpegs(photographs: readonly Photograph[], distances: readonly JpegDistance[]): string {
  const names = [...new Set(distances.map(({ row }) => row))];
  const rows = names.map((name) =>
    rowOf(
      name,
      distances.filter(({ row }) => row === name),
    ),
  );
  const head = [
    'mean ΔE2000 to the whole picture',
    'photographs',
    'ours p50',
    'p95',
    'worst',
    'libvips p50',
    'p95',
    'worst',
  ];
  return [
    `${photographs.length} photographs; "(n)": so many of them are reduced here, the others left to libvips`,
    table(head, rows),
    ...sourcesOf(photographs),
  ].join('\n');
}

function rowOf(name: string, distances: readonly JpegDistance[]): string[] {
  const ownCount = distances.filter(({ isOurs }) => isOurs).length;
  const figures = (values: number[]) => [0.5, 0.95, 1].map((part) => decimal(quantile(values, part)));
  return [
    name,
    `${distances.length} (${ownCount})`,
    ...figures(distances.map(({ ours }) => ours)),
    ...figures(distances.map(({ libvips }) => libvips)),
  ];
}

function sourcesOf(photographs: readonly Photograph[]): string[] {
  const groups = Map.groupBy(photographs, ({ from, licence }) => `${from} (${licence})`);
  return [...groups].map(([source, group]) => `${source}: ${group.map(({ name }) => name).join(', ')}`);
}
