/** The table of the suite `uploads`. */
import type { MeasuredRow } from '../queue/result.ts';
import { median } from '../statistics.ts';

export type UploadFigures = {
  name: string;
  perSecond: number;
  megabytesPerSecond: number;
  /** Of all processes, for each file. */
  cpuMs: number;
  cpuMsPerMegabyte: number;
  p50Ms: number;
  /** Resident memory of the API before, and at most. */
  apiRestBytes: number;
  apiPeakBytes: number;
  /** Of all processes. */
  peakRssBytes: number;
};

/** Files in memory many at once would need far more. */
const mostApiMegabytes = 200;
const megabyte = 1e6;

export const uploadLook = {
  title: 'Uploads: 20 at once, received by the API',
  x: { title: 'MB per file', scale: 'log' },
  y: 'linear',
} as const;

/** Each figure's median. */
export function medianOf(name: string, rounds: readonly UploadFigures[]): UploadFigures {
  const of = (figure: Exclude<keyof UploadFigures, 'name'>) => median(rounds.map((round) => round[figure]));
  return {
    ...{ name, perSecond: of('perSecond'), megabytesPerSecond: of('megabytesPerSecond'), cpuMs: of('cpuMs') },
    ...{ cpuMsPerMegabyte: of('cpuMsPerMegabyte'), p50Ms: of('p50Ms'), peakRssBytes: of('peakRssBytes') },
    ...{ apiRestBytes: of('apiRestBytes'), apiPeakBytes: of('apiPeakBytes') },
  };
}

/** The goal is for many files at once; under a long closed loop the heap holds what nobody has looked for yet. */
export function uploadRows(atOnce: readonly UploadFigures[], closedLoop: readonly UploadFigures[]): MeasuredRow[] {
  const columns = [...atOnce, ...closedLoop];
  const row = (label: string, digits: number, take: (figures: UploadFigures) => number | null) => ({
    ...{ label, digits },
    values: columns.map(take),
  });
  return [
    {
      ...row('MB/s', 1, ({ megabytesPerSecond }) => megabytesPerSecond),
      drawn: { panel: 'received (MB per second)', line: 'API' },
    },
    row('files/s', 1, ({ perSecond }) => perSecond),
    row('p50 ms', 1, ({ p50Ms }) => p50Ms),
    row('CPU ms per file', 2, ({ cpuMs }) => cpuMs),
    row('CPU ms per MB', 2, ({ cpuMsPerMegabyte }) => cpuMsPerMegabyte),
    row('memory of the API before, MB', 0, ({ apiRestBytes }) => apiRestBytes / megabyte),
    {
      ...row('peak memory of the API, files at once, MB', 0, (figures) =>
        atOnce.includes(figures) ? figures.apiPeakBytes / megabyte : null,
      ),
      goal: { atMost: mostApiMegabytes },
      drawn: { panel: 'peak memory of the API (MB)', line: 'API' },
    },
    row('peak memory of the API, closed loop, MB', 0, (figures) =>
      closedLoop.includes(figures) ? figures.apiPeakBytes / megabyte : null,
    ),
    row('peak memory of all, MB', 0, ({ peakRssBytes }) => peakRssBytes / megabyte),
  ];
}
