/** The list of a tenant's own thumbnails, page by page: filters as they are asked for, and cursors bound to them. */
import { createHash } from 'node:crypto';
import { isProblemCode, isThumbnailId, listLimits, Problem, type ThumbnailStatus } from '@tintype/contracts';
import type { JobListFilters, JobListReader } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';

export type ListQuery = {
  status?: ThumbnailStatus;
  code?: string;
  batch?: string;
  created_after?: string;
  limit?: number;
  cursor?: string;
};

/** Ids to be looked up, of those whose status it is; `next` is a cursor. */
export type ListedIds = { ids: string[]; status: ThumbnailStatus | null; next: string | null };

export type ListOptions = {
  readList: JobListReader;
  /** Throws the problem that a look-up of this batch ends with, unless it is one of the tenant's. */
  requireBatch: (id: string, tenant: string) => Promise<void>;
  withDeadline: WithDeadline;
};

/**
 * Throws `invalid_request` for a cursor that is not of this list, `invalid_option` for filters that exclude each other, and
 * for a batch that is not there what its look-up says.
 */
export function createList({ readList, requireBatch, withDeadline }: ListOptions) {
  return {
    async list({ cursor, limit = listLimits.usual, ...query }: ListQuery, tenant: string): Promise<ListedIds> {
      const filters = filtersOf(query);
      const cursors = createCursors(tenant, filters);
      const after = cursor === undefined ? null : cursors.read(cursor);
      if (filters.batch !== undefined) await requireBatch(filters.batch, tenant);
      const { ids, next } = await withDeadline(() => readList(tenant, filters, { limit, after }));
      return { ids, status: filters.status ?? null, next: next === null ? null : cursors.write(next) };
    },
  };
}

/** A code is one of failures; a cancelled job has one too. */
function filtersOf({
  status,
  code,
  batch,
  created_after: createdAfter,
}: Omit<ListQuery, 'limit' | 'cursor'>): JobListFilters {
  const since = {
    ...(batch !== undefined && { batch: batchIn(batch) }),
    ...(createdAfter !== undefined && { createdAfterMs: timeIn(createdAfter) }),
  };
  if (code === undefined) return { ...(status && { status }), ...since };
  if (!isProblemCode(code)) throw new Problem('invalid_option', { detail: 'There is no such problem code.' });
  const own = code === 'cancelled' ? 'cancelled' : 'failed';
  if (status !== undefined && status !== own) {
    const detail = `goes with status=${own}, or without a status`;
    throw new Problem('invalid_option', {
      detail: `/code ${detail}.`,
      errors: [{ pointer: '/code', detail }],
    });
  }
  return own === 'cancelled' ? { status: own, ...since } : { status: own, code, ...since };
}

function batchIn(text: string): string {
  if (isThumbnailId(text)) return text;
  const detail = 'must be the id of a batch';
  throw new Problem('invalid_option', { detail: `/batch ${detail}.`, errors: [{ pointer: '/batch', detail }] });
}

function timeIn(text: string): number {
  const ms = Date.parse(text);
  if (Number.isFinite(ms)) return ms;
  const detail = 'must be a time like 2026-01-01T00:00:00Z';
  throw new Problem('invalid_option', {
    detail: `/created_after ${detail}.`,
    errors: [{ pointer: '/created_after', detail }],
  });
}

const idBytes = 16;
const tagBytes = 8;

/**
 * A cursor is the id behind which the page begins, with a part of the hash of what it goes on with. It opens nothing, so
 * it is not signed: who forges one sees the own list from another place.
 */
function createCursors(tenant: string, filters: JobListFilters) {
  const { status = '', code = '', batch = '', createdAfterMs = '' } = filters;
  const tagFor = (id: Buffer) =>
    createHash('sha256')
      .update(JSON.stringify([tenant, status, code, batch, createdAfterMs]))
      .update(id)
      .digest()
      .subarray(0, tagBytes);
  return {
    write(id: string): string {
      const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
      return Buffer.concat([bytes, tagFor(bytes)]).toString('base64url');
    },
    read(text: string): string {
      const bytes = Buffer.from(text, 'base64url');
      const [id, tag] = [bytes.subarray(0, idBytes), bytes.subarray(idBytes)];
      const hex = id.toString('hex');
      const written = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
      if (isThumbnailId(written) && tag.equals(tagFor(id))) return written;
      const detail = 'is not of this list: a cursor goes with the key and the filters of the page that gave it';
      throw new Problem('invalid_request', {
        detail: `/cursor ${detail}. Begin without one.`,
        errors: [{ pointer: '/cursor', detail }],
      });
    },
  };
}
