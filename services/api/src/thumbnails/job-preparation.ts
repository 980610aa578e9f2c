/** What a picture's job is to be told: made from its URL, or from a file once that is in the storage. */
import {
  type ItemWords,
  itemRenditionName,
  maxMetadataBytes,
  type NamedRendition,
  Problem,
  parseSourceUrl,
  readOptionsOf,
  renditionOf,
  renditionsOf,
  type ThumbnailJobData,
  type UploadFields,
  type WatermarkNames,
} from '@tintype/contracts';
import type { BlobReferrers, Quotas } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { IncomingBlob } from '@tintype/storage';
import type { Caller } from '../http/caller.ts';
import { discardOnFailure } from '../http/receive-form.ts';
import { storing } from '../http/storing.ts';
import type { WatermarkKeeper } from '../presets/watermark-keeper.ts';
import type { Admission } from './admission.ts';
import { colourOptionsFor } from './ignored-colours.ts';

/** What a client may ask for; `only: 'colours'` makes no thumbnail. */
export type ThumbnailOptions = UploadFields & { only?: 'colours' };

/** A picture that comes in, and the id that it is to have. */
export type NewThumbnail = {
  id: string;
  source: { url: string } | { upload: IncomingBlob; fileName?: string | null };
  options: ThumbnailOptions;
  caller: Caller;
};

export type PreparationOptions = {
  admission: Admission;
  referrers: BlobReferrers;
  /** What a tenant may keep. */
  quotas: () => Quotas;
  withDeadline: WithDeadline;
  resultTtlSeconds: number;
  /** The time of Redis. */
  nowMs: () => number;
  /** Where workers reach a URL that names this API itself; others stay as they are. */
  fetchUrlOf: (url: string) => string;
  /** Whether callers may not learn which names there are in the network of the workers. */
  hidesNames: boolean;
  watermarks: WatermarkKeeper;
  /** Takes a name in the library for a picture that is to be an item of it. */
  reserveItem: (order: NewThumbnail, words: ItemWords) => Promise<void>;
};

/** The result throws Problems only; a file that cannot be used is not kept. */
export function createPreparation(options: PreparationOptions) {
  const { admission, referrers, withDeadline, fetchUrlOf, watermarks } = options;
  const dataOf = (source: ThumbnailJobData['source'], order: NewThumbnail) =>
    jobDataOf(source, order, expiresAtMs(order), watermarks.names);
  const expiresAtMs = ({ options: { expires_in_seconds } }: NewThumbnail): number =>
    options.nowMs() + 1000 * (expires_in_seconds ?? options.resultTtlSeconds);

  const ofUrl = (url: string, order: NewThumbnail): ThumbnailJobData | Promise<ThumbnailJobData> => {
    const clean = parseSourceUrl(url);
    admission.requireRoom(order.caller.tenant);
    const fetchUrl = fetchUrlOf(clean);
    const data = dataOf(fetchUrl === clean ? { url: clean } : { url: clean, fetchUrl }, order);
    const whole: ThumbnailJobData = options.hidesNames ? { ...data, hidesNames: true } : data;
    const keeping = watermarks.keep(whole);
    return keeping === null ? whole : keeping.then(() => whole);
  };

  /** The file is named in the storage before its job is queued; there was room for the job when the file began. */
  const ofUpload = (upload: IncomingBlob, order: NewThumbnail): Promise<ThumbnailJobData> =>
    discardOnFailure(upload, async () => {
      const { sha256, bytes } = upload;
      const data = dataOf({ upload: sha256, bytes }, order);
      await watermarks.keep(data);
      const counted = { tenant: data.tenant, bytes, quotaBytes: options.quotas().diskBytes };
      await withDeadline(() => referrers.retainUpload(sha256, order.id, counted));
      await storing(upload.commit);
      return data;
    });

  const prepared = (order: NewThumbnail): ThumbnailJobData | Promise<ThumbnailJobData> => {
    const { source } = order;
    return 'url' in source ? ofUrl(source.url, order) : ofUpload(source.upload, order);
  };

  return (order: NewThumbnail): ThumbnailJobData | Promise<ThumbnailJobData> => {
    const { library } = order.options;
    return library === undefined ? prepared(order) : preparedAsItem(order, library);
  };

  /** Its name is taken last: what else may be wrong with the order is known by then. */
  async function preparedAsItem(order: NewThumbnail, words: ItemWords): Promise<ThumbnailJobData> {
    if (!order.caller.keepsItems) throw noLibrary();
    requireLongLife(order.options);
    const data = await prepared(order);
    await options.reserveItem(order, words);
    return data;
  }
}

function jobDataOf(
  source: ThumbnailJobData['source'],
  { options, caller }: NewThumbnail,
  expiresAtMs: number,
  watermarks: WatermarkNames,
): ThumbnailJobData {
  const { tenant, requestId, traceparent } = caller;
  return {
    tenant,
    source,
    order: orderOf(options, watermarks),
    priority: options.priority ?? 'normal',
    expiresAtMs,
    ...(options.metadata && { metadata: requireSmall(options.metadata) }),
    ...(options.library && { outbox: ['library'] }),
    requestId,
    traceparent,
  };
}

/** What is to be made, in one spelling: equal options are equal work. Throws `invalid_option`. */
export function orderOf(options: ThumbnailOptions, watermarks: WatermarkNames): ThumbnailJobData['order'] {
  return {
    renditions: options.only ? [] : forItem(renditionsOf(options, watermarks), options.library),
    colours: colourOptionsFor(options.colours),
    ...readOptionsOf(options),
  };
}

/** What came of the job is told to the search service when that is there: the job must not be gone by then. */
const leastItemSeconds = 86_400;

function requireLongLife({ expires_in_seconds: seconds = leastItemSeconds }: ThumbnailOptions): void {
  if (seconds >= leastItemSeconds) return;
  const detail = `must be ${leastItemSeconds} or more beside library`;
  throw new Problem('invalid_option', {
    detail: `/expires_in_seconds ${detail}.`,
    errors: [{ pointer: '/expires_in_seconds', detail }],
  });
}

function noLibrary(): Problem {
  const detail = 'The key lacks the scope library, which `library` needs.';
  return new Problem('forbidden', { detail, errors: [{ pointer: '/library', detail: 'needs the scope library' }] });
}

/** An item is shown by a thumbnail of its own, unless one like it is asked for. */
function forItem(renditions: NamedRendition[], library: ItemWords | undefined): NamedRendition[] {
  if (library === undefined || renditions.some(({ name }) => name === itemRenditionName)) return renditions;
  return [...renditions, { name: itemRenditionName, ...renditionOf(shownItem) }];
}

/** Large enough to be looked at, and to be looked at again by whatever describes pictures. */
const shownItem = { width: 512, height: 512, fit: 'inside' } as const;

/** Throws `invalid_option` for metadata that take too much room. */
export function requireSmall(metadata: NonNullable<UploadFields['metadata']>): NonNullable<UploadFields['metadata']> {
  if (Buffer.byteLength(JSON.stringify(metadata)) <= maxMetadataBytes) return metadata;
  const detail = `must not be larger than ${maxMetadataBytes} bytes`;
  throw new Problem('invalid_option', { detail: `/metadata ${detail}.`, errors: [{ pointer: '/metadata', detail }] });
}
