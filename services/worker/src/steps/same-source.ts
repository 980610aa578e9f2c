/** Beside step 1: a URL whose picture this tenant has had all of this work done with before need not be downloaded again. */
import { type SourceValidity, type ThumbnailJobResult, UnreadableRecord } from '@tintype/contracts';
import type { DoneWork, FinishedWork, RememberedSources, ThumbnailJob } from '@tintype/jobs';
import { pictureVersions } from '@tintype/picture';
import type { Validity } from '@tintype/safe-fetch';

export type SameSourceStep = {
  finishedWork: FinishedWork;
  sources: RememberedSources;
  /** Whether a source is not asked while it is fresh by its own word (`SOURCE_CACHE`). */
  trustsSources: boolean;
  /** Told of an earlier result that cannot be read; it counts as not there. */
  onUnreadable: (err: unknown) => void;
};

/** What there is for a job whose source has not changed. */
export type KnownWork = DoneWork & { source: ThumbnailJobResult['source']; validity: SourceValidity };

/**
 * Null when anything of the work would have to be made, for which the bytes are needed, or when there is nothing to ask the
 * source by. Claims and retains nothing.
 */
export async function findKnownWork(deps: SameSourceStep, { data }: ThumbnailJob): Promise<KnownWork | null> {
  const known = await findSource(deps, data);
  if (!known) return null;
  const { validity, source } = known;
  const canBeAsked = validity.etag !== undefined || validity.modifiedAtMs !== undefined;
  if (!canBeAsked && !isFresh(deps, validity)) return null;
  const work = { tenant: data.tenant, sourceSha256: source.sha256, order: data.order, versions: pictureVersions };
  const done = await deps.finishedWork.find(work);
  // As whoever read the same bytes in the same way found them: another frame may be of another size.
  return done && { ...done, source: done.colours.source, validity };
}

async function findSource({ sources, onUnreadable }: SameSourceStep, data: ThumbnailJob['data']) {
  try {
    return await sources.find(data);
  } catch (err) {
    if (!(err instanceof UnreadableRecord)) throw err;
    onUnreadable(err);
    return null;
  }
}

/** Whether the source need not be asked. */
export function isFresh({ trustsSources, sources }: SameSourceStep, { freshUntilMs = 0 }: SourceValidity): boolean {
  return trustsSources && freshUntilMs > sources.nowMs();
}

/** As it is stored: until when, by the clock that all workers share. */
export function storedValidity({ sources }: SameSourceStep, validity: Validity | null): SourceValidity | null {
  if (validity === null) return null;
  const { freshForMs, etag, modifiedAtMs, redirectedTo } = validity;
  return {
    ...(etag !== undefined && { etag }),
    ...(modifiedAtMs !== undefined && { modifiedAtMs }),
    ...(redirectedTo !== undefined && { redirectedTo }),
    ...(freshForMs > 0 && { freshUntilMs: Math.round(sources.nowMs() + freshForMs) }),
  };
}
