/** Reads a batch: what its hash says, and how many of its open items are worked on now. */
import { type BatchCounts, batchItemId, isFields, type Problem } from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { ownFields } from '../bullmq/protocol.ts';
import { decodedTenant } from '../record/envelope.ts';
import { parseJson } from '../record/parse-json.ts';
import { readItemProblem } from './batch-problems.ts';

/** Everything that is known of a batch, and of some of its items. Times are milliseconds since the epoch. */
export type BatchRecord = {
  id: string;
  tenant: string;
  requestId: string;
  /** Items that were not added yet are queued. */
  counts: BatchCounts;
  /** Whether a worker has begun anything of it. */
  isBegun: boolean;
  metadata: Record<string, unknown>;
  createdAtMs: number;
  /** When the last of its items has ended. */
  endedAtMs: number | null;
  expiresAtMs: number;
  /** Of a batch that was cancelled: what was not added by then never will be. */
  isCancelled: boolean;
  items: BatchItemRecord[];
};

/** An item, and why it is no job; null where it is one, or was not added. */
export type BatchItemRecord = { index: number; id: string; problem: Problem | null };

export type BatchLookup =
  | { kind: 'record'; record: BatchRecord }
  | { kind: 'gone'; tenant: string }
  | { kind: 'unknown' };

export type BatchReader = {
  /** The batch with its items from one place on, as many as are asked for. */
  read(id: string, from: number, count: number): Promise<BatchLookup>;
};

const fieldsRead = [
  'tenant',
  'requestId',
  'metadata',
  'createdAt',
  'expiresAt',
  'endedAt',
  'cancelledAt',
  'deletedAt',
  'total',
  'open',
  'completed',
  'failed',
  'cancelled',
  'refused',
] as const;
type Field = (typeof fieldsRead)[number];

/** Workers hold few jobs at once, however many there are: which of them are this batch's is seen there. */
const readLua = `
local batch = batchPrefix .. id
local f = redis.call('HMGET', batch, ${fieldsRead.map((field) => `'${field}'`).join(', ')})
if not f[1] then return {false, redis.call('GET', tombstonePrefix .. id)} end
local processing = 0
if tonumber(f[${fieldsRead.indexOf('open') + 1}] or 0) > 0 then
  for _, held in ipairs(redis.call('LRANGE', active, 0, -1)) do
    local job = jobPrefix .. held
    if redis.call('HGET', job, '${ownFields.batch}') == id and redis.call('EXISTS', job .. ':lock') == 1 then
      processing = processing + 1
    end
  end
end
local places = {}
for at = tonumber(from), math.min(tonumber(from) + tonumber(size), tonumber(f[${fieldsRead.indexOf('total') + 1}])) - 1 do
  table.insert(places, at)
end
return {f, processing, #places > 0 and redis.call('HMGET', batch, unpack(places)) or {}}`;

/** Of one shard. */
export function createBatchReader(shard: Shard): BatchReader {
  const runRead = defineShardScript(shard, {
    name: 'tintypeReadBatch',
    fixedKeys: ['batchPrefix', 'tombstonePrefix', 'jobPrefix', 'active'],
    keys: [],
    args: ['id', 'from', 'size'],
    lua: readLua,
    readOnly: true,
  });
  return {
    async read(id, from, size) {
      const reply = await runRead({}, { id, from, size });
      const [values, processing, problems] = Array.isArray(reply) ? reply : [];
      if (!Array.isArray(values)) {
        return typeof processing === 'string'
          ? { kind: 'gone', tenant: decodedTenant(processing) }
          : { kind: 'unknown' };
      }
      const fields = fieldsOf(values);
      const tenant = decodedTenant(fields.tenant ?? '');
      if (fields.deletedAt !== null) return { kind: 'gone', tenant };
      const items = (Array.isArray(problems) ? problems : []).map((text, at) => itemOf(id, from + at, text));
      return { kind: 'record', record: recordOf(id, tenant, fields, Number(processing), items) };
    },
  };
}

function fieldsOf(values: unknown[]): Record<Field, string | null> {
  const textOf = (field: Field): string | null => {
    const value = values[fieldsRead.indexOf(field)] ?? null;
    return value === null ? null : String(value);
  };
  return {
    tenant: textOf('tenant'),
    requestId: textOf('requestId'),
    metadata: textOf('metadata'),
    createdAt: textOf('createdAt'),
    expiresAt: textOf('expiresAt'),
    endedAt: textOf('endedAt'),
    cancelledAt: textOf('cancelledAt'),
    deletedAt: textOf('deletedAt'),
    total: textOf('total'),
    open: textOf('open'),
    completed: textOf('completed'),
    failed: textOf('failed'),
    cancelled: textOf('cancelled'),
    refused: textOf('refused'),
  };
}

function itemOf(id: string, index: number, problem: unknown): BatchItemRecord {
  const isRefused = typeof problem === 'string';
  return { index, id: batchItemId(id, index), problem: isRefused ? readItemProblem(problem) : null };
}

function recordOf(
  id: string,
  tenant: string,
  fields: Record<Field, string | null>,
  processing: number,
  items: BatchItemRecord[],
): BatchRecord {
  const numberOf = (field: Field) => Number(fields[field] ?? 0);
  const [total, completed, failed, cancelled] = [
    numberOf('total'),
    numberOf('completed'),
    numberOf('failed'),
    numberOf('cancelled'),
  ];
  const metadata = parseJson(fields.metadata);
  return {
    id,
    tenant,
    requestId: fields.requestId ?? '',
    counts: {
      total,
      queued: total - completed - failed - cancelled - processing,
      processing,
      completed,
      failed,
      cancelled,
    },
    isBegun: processing + completed + cancelled + failed > numberOf('refused'),
    metadata: isFields(metadata) ? metadata : {},
    createdAtMs: numberOf('createdAt'),
    endedAtMs: fields.endedAt === null ? null : numberOf('endedAt'),
    expiresAtMs: numberOf('expiresAt'),
    isCancelled: fields.cancelledAt !== null,
    items,
  };
}
