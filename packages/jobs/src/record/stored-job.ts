/** A job's data and result as they are written into its record, and read back from those of every released version. */
import {
  colourOptionsOf,
  defaultRenditionName,
  fits,
  type NamedRendition,
  type ReadOptions,
  type Rendition,
  readOptionsOf,
  readStored,
  renditionOf,
  requireStored,
  type StepTimings,
  StoredJobData,
  StoredJobResult,
  type ThumbnailJobData,
  ThumbnailJobResult,
  traceparentOf,
} from '@tintype/contracts';

/**
 * Versions of records: 1 is what release 0.1.0 reads. A job is written in the lowest version that says all of it, so
 * that older workers do what they can do.
 */
export const recordVersions = { first: 1, current: 2 } as const;

/** What version 1 knows of a rendition and of colours; this list never grows. */
const firstRenditionFields = ['width', 'height', 'fit', 'format', 'quality', 'background'];
const firstBackgrounds = /^(#|transparent)/;
const firstColourFields = ['count', 'region'];
/** Most colours of a palette that version 1 knows. */
const firstPaletteSize = 8;

/** The lowest version of records that says all of this job. */
export function recordVersionOf({ order, outbox = [], batch }: ThumbnailJobData): number {
  const [rendition, ...others] = order.renditions;
  const { name = defaultRenditionName, ...options }: Partial<NamedRendition> = rendition ?? {};
  const isFirst =
    others.length === 0 &&
    name === defaultRenditionName &&
    hasOnly(options, firstRenditionFields) &&
    firstBackgrounds.test(options.background ?? '#') &&
    hasOnly(order.colours, firstColourFields) &&
    (order.colours.count ?? 0) <= firstPaletteSize &&
    outbox.length === 0 &&
    batch === undefined &&
    !isReadUnusually(order);
  return isFirst ? recordVersions.first : recordVersions.current;
}

function isReadUnusually(order: ReadOptions): boolean {
  return Object.keys(readOptionsOf(order)).length > 0;
}

function hasOnly(value: object, fields: readonly string[]): boolean {
  return Object.keys(value).every((name) => fields.includes(name));
}

/** The text of a job's data. A newer version of records is named in its envelope too, where scripts see it. */
export function writeJobData(job: ThumbnailJobData): string {
  const { order, traceparent, ...rest } = job;
  const [first] = order.renditions;
  const v = recordVersionOf(job);
  const followsFromId = traceparent === traceparentOf(job.requestId ?? '');
  const colours = colourOptionsOf(order.colours);
  const stored: StoredJobData = {
    v,
    ...rest,
    ...(!followsFromId && { traceparent }),
    options: {
      ...(first ? withoutName(first) : renditionOf({})),
      ...(Object.keys(colours).length > 0 && { colours }),
    },
    ...(first === undefined && { only: 'colours' }),
    ...(v > recordVersions.first && { renditions: order.renditions }),
    ...(isReadUnusually(order) && { reading: readOptionsOf(order) }),
  };
  return JSON.stringify(stored);
}

/** Reads what any released version has written. Throws `UnreadableRecord`. */
export function readJobData(text: string): ThumbnailJobData {
  return jobOf(readStored(StoredJobData, text));
}

/** The same of data that has been parsed already. */
export function jobOfParsed(data: unknown): ThumbnailJobData {
  return jobOf(requireStored(StoredJobData, data));
}

function jobOf({ v: _v, options, only, renditions, reading = {}, ...rest }: StoredJobData): ThumbnailJobData {
  const { colours, ...first } = options;
  const traceparent = rest.traceparent ?? traceparentOf(rest.requestId ?? '');
  const asked = only === 'colours' ? [] : [{ name: defaultRenditionName, ...first }];
  return {
    ...rest,
    ...(traceparent && { traceparent }),
    order: { renditions: renditions ?? asked, colours: colourOptionsOf(colours), ...readOptionsOf(reading) },
  };
}

/** Steps by their place in `times`: this list only grows, at its end. */
const timedSteps = ['fetch', 'recall', 'decode', 'resize', 'colours', 'store'] as const;

/**
 * The text of a job's result. Times stand without the names of their steps, which would cost as much room as the swatches
 * do; a version that does not know the field answers without times.
 */
export function writeResult(result: unknown): string {
  if (!fits(ThumbnailJobResult, result)) return JSON.stringify(result);
  const { timingsMs, ...rest } = result;
  const times = timedSteps.map((step) => timingsMs[step] ?? null);
  while (times.at(-1) === null) times.pop();
  return JSON.stringify({ v: recordVersions.first, ...rest, timingsMs: {}, times });
}

/** Reads what any released version has written. Throws `UnreadableRecord`. */
export function readResult(text: string): ThumbnailJobResult {
  const { times, ...result } = readStored(StoredJobResult, text);
  if (!times) return result;
  const timingsMs: StepTimings = {};
  for (const [at, step] of timedSteps.entries()) {
    const ms = times[at] ?? null;
    if (ms !== null) timingsMs[step] = ms;
  }
  return { ...result, timingsMs };
}

function withoutName({ name: _name, ...options }: NamedRendition): Rendition {
  return options;
}
