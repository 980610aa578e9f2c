/** A job's record as the Thumbnail resource that clients see. */
import {
  defaultRenditionName,
  type JobPriority,
  type Problem,
  type StepTimings,
  type Thumbnail,
} from '@tintype/contracts';
import type { JobRecord } from '@tintype/jobs';
import type { Links, SignedLinks } from '../http/auth/signed-links.ts';
import type { Caller } from '../http/caller.ts';
import { typeBaseOf } from '../http/problem-answers.ts';
import { timeOf } from '../http/times.ts';
import { coloursView } from './colour-view.ts';

export type ViewOptions = {
  /** Prefix of every link. */
  publicUrl: string;
  /** Those to pictures may be signed. */
  signedLinks: Pick<SignedLinks, 'links'>;
  /** How long a place in the queue waits, in milliseconds, if that is known. */
  etaMs: (position: number, priority: JobPriority) => number | null;
};

/** The resource, the same in every answer; for who may not see pictures without what shows them. */
export type ViewThumbnail = (record: JobRecord, viewer: Pick<Caller, 'seesPictures'>) => Promise<Thumbnail>;

export function createThumbnailView({ signedLinks, ...options }: ViewOptions): ViewThumbnail {
  return async (record, { seesPictures }) =>
    thumbnailOf(record, { ...options, links: await signedLinks.links(seesPictures), seesPictures });
}

/** The resource as JSON. */
export type ThumbnailText = (record: JobRecord, viewer: Pick<Caller, 'seesPictures'>) => Promise<string>;

/** `keeps`: whether the next reader gets this very object, so that its text is made once. */
export function createThumbnailText(
  { signedLinks, ...options }: ViewOptions,
  keeps: (record: JobRecord) => boolean,
): ThumbnailText {
  const made = new WeakMap<JobRecord, { text: string; links: Links; seesPictures: boolean }>();
  return async (record, { seesPictures }) => {
    const links = await signedLinks.links(seesPictures);
    const before = made.get(record);
    if (before && before.links === links && before.seesPictures === seesPictures) return before.text;
    const text = JSON.stringify(thumbnailOf(record, { ...options, links, seesPictures }));
    if (keeps(record)) made.set(record, { text, links, seesPictures });
    return text;
  };
}

type Surroundings = Omit<ViewOptions, 'signedLinks'> & { links: Links; seesPictures: boolean };

function thumbnailOf(record: JobRecord, { publicUrl, links, etaMs, seesPictures }: Surroundings): Thumbnail {
  const { data, result, status } = record;
  const file = links.file(record.id, data.expiresAtMs);
  const self = `${publicUrl}/v1/thumbnails/${record.id}`;
  const documentOf = (problem: Problem) => problem.toDocument(typeBaseOf(publicUrl), data.requestId);
  return {
    id: record.id,
    status,
    url: 'url' in data.source ? data.source.url : null,
    ...(status !== 'failed' && status !== 'cancelled' && { resized_url: file }),
    source: sourceOf(record),
    ...(result && {
      renditions: result.renditions.map((rendition) => ({
        ...rendition,
        url: rendition.name === defaultRenditionName ? file : links.file(record.id, data.expiresAtMs, rendition.name),
      })),
      colours: coloursView(result.colours),
      ...(seesPictures && { placeholder: { thumbhash: result.thumbhash } }),
      cache: result.cache,
    }),
    ...(status === 'processing' && { progress: record.progress ?? { percent: 0, step: 'fetch' } }),
    ...(status === 'queued' && { queue: placeOf(record, etaMs) }),
    attempts: record.attempts,
    ...(record.lastProblem && { last_error: documentOf(record.lastProblem) }),
    ...(record.nextAttemptAtMs !== null && { next_attempt_at: timeOf(record.nextAttemptAtMs) }),
    error: record.problem === null ? null : documentOf(record.problem),
    metadata: data.metadata ?? {},
    ...(record.finishedAtMs !== null && { timings: timingsOf(record) }),
    created_at: timeOf(record.createdAtMs),
    ...(record.startedAtMs !== null && { started_at: timeOf(record.startedAtMs) }),
    ...(record.finishedAtMs !== null && { completed_at: timeOf(record.finishedAtMs) }),
    expires_at: timeOf(data.expiresAtMs),
    links: { self, file, ...((status === 'queued' || status === 'processing') && { cancel: `${self}/cancel` }) },
  };
}

function placeOf(
  { position, data: { priority } }: JobRecord,
  etaMs: ViewOptions['etaMs'],
): NonNullable<Thumbnail['queue']> {
  if (position === null) return { priority };
  const eta = etaMs(position, priority);
  return { position, ...(eta !== null && { eta_ms: eta }), priority };
}

function sourceOf({ data, result }: JobRecord): Thumbnail['source'] {
  const kind = 'url' in data.source ? 'url' : 'upload';
  if (result === null) {
    return 'upload' in data.source ? { kind, sha256: data.source.upload, bytes: data.source.bytes } : { kind };
  }
  const { sha256, bytes, width, height, format, hasAlpha, isDamaged } = result.source;
  const freshUntilMs = result.validity?.freshUntilMs;
  return {
    kind,
    sha256,
    bytes,
    width,
    height,
    format,
    has_alpha: hasAlpha,
    ...(freshUntilMs !== undefined && { fresh_until: timeOf(freshUntilMs) }),
    ...(isDamaged && { damaged: isDamaged }),
  };
}

function timingsOf(record: JobRecord): NonNullable<Thumbnail['timings']> {
  const { createdAtMs, queuedMs, finishedAtMs } = record;
  const steps: StepTimings = record.result?.timingsMs ?? {};
  const stepTimings: Record<string, number> = {};
  for (const [step, ms] of Object.entries(steps)) stepTimings[`${step}_ms`] = ms;
  return {
    ...(queuedMs !== null && { queued_ms: queuedMs }),
    ...stepTimings,
    total_ms: Math.max(0, (finishedAtMs ?? createdAtMs) - createdAtMs),
  };
}
