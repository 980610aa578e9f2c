/** One tenant keeps all that it may, by every way there is: another one is never refused, and Redis stays bounded. */
import { connectWorker, disconnect } from '@tintype/redis';
import type { AttackClass, CaseResult } from '../case.ts';
import { largeColours } from '../clients/palette-bodies.ts';
import { type Answer, call } from '../jobs.ts';
import type { Rig } from '../rig.ts';
import { timeMany } from '../tenants/small-pictures.ts';

/** What a tenant of this rig may keep. */
export const rigQuotas = { jobs: 1500, redisBytes: 8_000_000, diskBytes: 20_000_000 } as const;
/**
 * What Redis may hold beside a tenant's quota: the capped stream of events, indexes that grow by doubling, and the other
 * tenant's own jobs.
 */
export const overheadBytes = 3_000_000;

type Filling = {
  name: string;
  /** Sends the next one of many, each of its own kind. */
  send(greedy: Greedy, at: number): Promise<Answer>;
};

const label = 'a greedy tenant';
/** More than any quota admits. */
const most = 20_000;
const atOnce = 8;

type Greedy = {
  send(method: string, path: string, body?: string | FormData, headers?: Record<string, string>): Promise<Answer>;
  sourceUrl: string;
};

const json = { 'content-type': 'application/json' };

const fillings: readonly Filling[] = [
  {
    name: 'palettes of 10 000 colours',
    send: (greedy, at) => greedy.send('PUT', `/v1/palettes/p${at}`, largeColours(10_000, 4), json),
  },
  {
    name: 'jobs with as many metadata as may be',
    send: (greedy) =>
      greedy.send(
        'POST',
        '/v1/thumbnails',
        JSON.stringify({ url: greedy.sourceUrl, metadata: { note: 'x'.repeat(2000) } }),
        json,
      ),
  },
  {
    name: 'uploads of 1 MB',
    send(greedy, at) {
      const form = new FormData();
      form.set('file', new Blob([png, Buffer.alloc(1_000_000), `${at}`]), 'a.png');
      return greedy.send('POST', '/v1/thumbnails', form);
    },
  },
  {
    name: 'Idempotency-Keys',
    send: (greedy, at) =>
      greedy.send('POST', `/v1/thumbnails/${unknownId}/cancel`, undefined, { 'idempotency-key': `key-${at}` }),
  },
];

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const unknownId = '0198f3a0-0000-7000-8000-000000000000';

export function quotaAttacks(): AttackClass[] {
  const attacks = fillings.map((filling) => ({
    name: filling.name,
    isSlow: true,
    run: (rig: Rig) => runFilling(rig, filling),
  }));
  return [{ kind: 'quotas', name: 'one keeps all that it may', atOnce: 1, attacks }];
}

function greedyOf(rig: Rig): Greedy {
  const sourcePath = '/quotas/small.png';
  rig.origin.serve(sourcePath, png);
  const authorization = `Bearer ${rig.tenants.greedy}`;
  const sourceUrl = rig.origin.url(sourcePath);
  return {
    sourceUrl,
    send: (method, path, body, headers = {}) =>
      call(rig, label, path, { method, headers: { authorization, ...headers }, body: body ?? null }, [sourceUrl]),
  };
}

/** It stops at the first refusal; the modest tenant hands in one picture after the other until then. */
async function runFilling(rig: Rig, { name, send }: Filling): Promise<CaseResult> {
  const greedy = greedyOf(rig);
  const before = await readRedisBytes(rig.redisUrl);
  let slowestMs = 0;
  const made: Answer[] = [];
  const refusals: Answer[] = [];
  let isOver = false;
  const modest = (async () => {
    let served = 0;
    while (!isOver) served += (await timeMany(rig, 'upload', 1, 0)).length;
    return served;
  })();
  let at = 0;
  const fill = async () => {
    while (refusals.length === 0 && at < most) {
      at += 1;
      const startedMs = performance.now();
      const answer = await send(greedy, at);
      slowestMs = Math.max(slowestMs, performance.now() - startedMs);
      (answer.status === 429 ? refusals : made).push(answer);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, fill));
  } finally {
    isOver = true;
  }
  const served = await modest;
  const grown = (await readRedisBytes(rig.redisUrl)) - before;
  const usage = await usedOf(greedy);
  await forget(greedy, made);
  return judgeFilling({ name, ms: slowestMs, made: made.length, refusals, served, grown, usage });
}

/** The data and what Redis needs around it, without what its clients hold. */
async function readRedisBytes(url: string): Promise<number> {
  const redis = connectWorker(url);
  const info = await redis.info('memory');
  await disconnect(redis);
  return Number(/^used_memory_dataset:(\d+)/m.exec(info)?.[1]);
}

type Used = { jobs: number; redis: number; disk: number };

async function usedOf(greedy: Greedy): Promise<Used> {
  const { quotas } = JSON.parse((await greedy.send('GET', '/v1/limits')).body.toString());
  return { jobs: quotas.jobs.used, redis: quotas.redis_bytes.used, disk: quotas.disk_bytes.used };
}

/** So that the next way begins with nothing kept; remembered answers stay, and come last. */
async function forget(greedy: Greedy, made: readonly Answer[]): Promise<void> {
  for (const { status, body } of made) {
    if (status >= 400) continue;
    const { id, name } = JSON.parse(body.toString());
    await greedy.send('DELETE', id === undefined ? `/v1/palettes/${name}` : `/v1/thumbnails/${id}`);
  }
}

type Filled = {
  name: string;
  /** Of the slowest answer. */
  ms: number;
  made: number;
  refusals: readonly Answer[];
  served: number;
  grown: number;
  usage: Used;
};

/** How many were kept, what that is, and that the other tenant was served meanwhile. */
export function judgeFilling({ name, ms, made, refusals, served, grown, usage }: Filled): CaseResult {
  const code = refusals[0] ? JSON.parse(refusals[0].body.toString()).code : 'no refusal';
  const isWithin =
    usage.jobs <= rigQuotas.jobs && usage.redis <= rigQuotas.redisBytes && usage.disk <= rigQuotas.diskBytes;
  const bound = rigQuotas.redisBytes + overheadBytes;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  return {
    name,
    ok: code === 'quota_exceeded' && made > 0 && served > 0 && isWithin && grown <= bound,
    expected: `quota_exceeded within the quotas, Redis ≤ ${megabytes(bound)} more, the other one served`,
    got: `${code} after ${made}: ${usage.jobs} jobs, ${megabytes(usage.redis)} counted in Redis, ${megabytes(usage.disk)} of files; Redis grew by ${megabytes(grown)}; ${served} pictures of the other one`,
    ms,
  };
}
