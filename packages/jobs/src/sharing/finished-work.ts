/** Remembers which job does or did which work, part by part, so that the same bytes are worked on once per tenant. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type ColourOptions,
  defaultRenditionName,
  type NamedRendition,
  type PictureOrder,
  type ReadOptions,
  readOptionsOf,
  type StoredRendition,
  type ThumbnailJobResult,
  UnreadableRecord,
} from '@tintype/contracts';
import { defineShardScript, type Shard } from '@tintype/redis';
import { readResult } from '../record/stored-job.ts';
import { fingerprint } from './fingerprint.ts';

/** What makes two pieces of work equal; without renditions the colours alone are wanted. */
export type Work = {
  tenant: string;
  sourceSha256: string;
  order: PictureOrder & { colours: ColourOptions };
  /** Versions of the algorithms: a new one must not answer with old results. */
  versions: { render: number; colours: number };
};

/** The job that asks. */
export type Asker = { id: string; signal: AbortSignal };

/** A part of the work that another job has done. */
export type EarlierRendition = { rendition: StoredRendition; result: ThumbnailJobResult };

/** What there is of it already. */
export type EarlierWork = {
  /** In the order of the work; null where it is the asker's to do. */
  renditions: (EarlierRendition | null)[];
  /** A result with the colours, whatever its thumbnails are; null when they are to be found. */
  colours: ThumbnailJobResult | null;
};

/** All of it, each rendition in the order of the work. */
export type DoneWork = { renditions: EarlierRendition[]; colours: ThumbnailJobResult };

export type FinishedWork = {
  /** Claims nothing, waits for nobody: null unless all of the work is done. */
  find(work: Work): Promise<DoneWork | null>;
  /**
   * Takes on what is not done of the work; waits while another job is at any part of it, and takes over when that one
   * fails. `takeOver`: takes all of it on anyway, because the files of what was found are gone; looks at nothing then.
   */
  claim(work: Work, by: Asker, takeOver?: boolean): Promise<EarlierWork>;
  /** The work is done: each part is found as long as the job's record lives. */
  remember(work: Work, by: { id: string; expiresAtMs: number }): Promise<void>;
};

/** A claim is forgotten after this time, which is longer than a job may take. */
const claimLifeMs = 120_000;
/** A decode is short: a job that waits for another one's looks again after this time, … */
const firstPauseMs = 20;
/** … later more seldom. */
const longestPauseMs = 200;

/**
 * Behind the arguments stand, for each thumbnail, its key and what is written there. Answers `busy` while another job's
 * lock lives on any part, and has claimed nothing then; else with the holder of each part that is done, the colours'
 * last ('' where it is the asker's now), and with the results of these holders, each once: id, text, id, text.
 */
const claimLua = `
local wantsColoursOnly = rest > #ARGV
local holders, results, seen = {}, {}, {}

local function look(key)
  local holder = takeOver == '0' and redis.call('GET', key)
  local other = holder and string.match(holder, '^[^#]+')
  if not other or other == id then return '' end
  local job = jobPrefix .. other
  local f = redis.call('HMGET', job, 'returnvalue', 'finishedOn', 'cancelledAt', 'deletedAt')
  local result, finishedOn, cancelledAt, deletedAt = f[1], f[2], f[3], f[4]
  if result and not cancelledAt and not deletedAt then
    if not seen[other] then
      seen[other] = true
      results[#results + 1] = other
      results[#results + 1] = result
    end
    return holder
  end
  if not finishedOn and not cancelledAt and redis.call('EXISTS', job .. ':lock') == 1 then return 'busy' end
  return ''
end

for at = rest, #ARGV, 2 do
  local holder = look(ARGV[at])
  if holder == 'busy' then return {'busy'} end
  holders[#holders + 1] = holder
end
local coloursHolder = look(colours)
if coloursHolder == 'busy' then
  if wantsColoursOnly then return {'busy'} end
  coloursHolder = ''
end
for part, holder in ipairs(holders) do
  local at = rest + 2 * (part - 1)
  if holder == '' then redis.call('SET', ARGV[at], ARGV[at + 1], 'PX', lifeMs) end
end
if wantsColoursOnly and coloursHolder == '' then redis.call('SET', colours, id, 'PX', lifeMs) end
holders[#holders + 1] = coloursHolder
return {'looked', holders, results}`;

/** The keys of all parts stand behind the arguments. Answers as the claim does, or `missing`; each result once. */
const findLua = `
local holders, results, seen = {}, {}, {}
for at = rest, #ARGV do
  local holder = redis.call('GET', ARGV[at])
  local other = holder and string.match(holder, '^[^#]+')
  if not other then return {'missing'} end
  if not seen[other] then
    local f = redis.call('HMGET', jobPrefix .. other, 'returnvalue', 'cancelledAt', 'deletedAt')
    if not f[1] or f[2] or f[3] then return {'missing'} end
    seen[other] = true
    results[#results + 1] = other
    results[#results + 1] = f[1]
  end
  holders[#holders + 1] = holder
end
return {'looked', holders, results}`;

/**
 * The index holds ids only, with the name of the thumbnail among the job's; the result itself is in that job's record.
 * `onUnreadable` is told of a result that cannot be read; it counts as not there.
 */
export function createFinishedWork(shard: Shard, onUnreadable: (err: unknown) => void): FinishedWork {
  const { redis, keys } = shard;
  const runClaim = defineShardScript(shard, {
    name: 'tintypeClaimWork',
    fixedKeys: ['jobPrefix'],
    keys: ['colours'],
    args: ['id', 'lifeMs', 'takeOver'],
    lua: claimLua,
  });

  const partsOf = createParts(keys);

  /** Asks until nobody else is at it. */
  const ask = async (work: Work, { id, signal }: Asker, takeOver: boolean) => {
    const { colours, renditions } = partsOf(work);
    const args = { id, lifeMs: claimLifeMs, takeOver: takeOver ? 1 : 0 };
    const parts = renditions.flatMap(({ key, name }) => [key, holderText(id, name)]);
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const answer = readAnswer(await runClaim({ colours }, args, parts));
      if (answer) return answer;
      await sleep(pauseMs, undefined, { signal });
    }
  };

  const claim: FinishedWork['claim'] = async (work, by, takeOver = false) => {
    const { holders, texts } = await ask(work, by, takeOver);
    const results = readResults(texts, onUnreadable);
    const renditions = work.order.renditions.map((_, at) => earlierRendition(holders[at] ?? '', results));
    const colours = results.get(holders.at(-1) ?? '') ?? null;
    const lost = work.order.renditions.filter((_, at) => holders[at] !== '' && renditions[at] === null);
    const lostColours = renditions.length === 0 && holders.at(-1) !== '' && colours === null;
    // Their holders have done nothing that could be used: they are the asker's now.
    if (lost.length > 0 || lostColours) await claim({ ...work, order: { ...work.order, renditions: lost } }, by, true);
    return { renditions, colours };
  };
  return {
    find: createFind(shard, partsOf, onUnreadable),
    claim,
    async remember(work, { id, expiresAtMs }) {
      const remembered = (key: string, holder: string) => redis.set(key, holder, 'PXAT', expiresAtMs);
      const { colours, renditions } = partsOf(work);
      await Promise.all([
        remembered(colours, id),
        ...renditions.map(({ key, name }) => remembered(key, holderText(id, name))),
      ]);
    },
  };
}

/** Looks, and nothing else. */
function createFind(shard: Shard, partsOf: PartsOf, onUnreadable: (err: unknown) => void): FinishedWork['find'] {
  const runFind = defineShardScript(shard, {
    name: 'tintypeFindWork',
    fixedKeys: ['jobPrefix'],
    keys: [],
    args: [],
    lua: findLua,
  });
  return async (work) => {
    const { colours, renditions } = partsOf(work);
    const answer = readAnswer(await runFind({}, {}, [...renditions.map(({ key }) => key), colours]));
    if (!answer) return null;
    const results = readResults(answer.texts, onUnreadable);
    const found = answer.holders.slice(0, -1).flatMap((holder) => earlierRendition(holder, results) ?? []);
    const withColours = results.get(answer.holders.at(-1) ?? '');
    if (!withColours || found.length < renditions.length) return null;
    return { renditions: found, colours: withColours };
  };
}

/** Those that can be read, by the id of their job. */
function readResults(
  texts: Map<string, string>,
  onUnreadable: (err: unknown) => void,
): Map<string, ThumbnailJobResult> {
  const results = new Map<string, ThumbnailJobResult>();
  for (const [id, text] of texts) {
    try {
      results.set(id, readResult(text));
    } catch (err) {
      if (!(err instanceof UnreadableRecord)) throw err;
      onUnreadable(err);
    }
  }
  return results;
}

/** Null while another job is at it. */
function readAnswer(reply: unknown): { holders: string[]; texts: Map<string, string> } | null {
  const [state, holders, results]: unknown[] = Array.isArray(reply) ? reply : [];
  if (state !== 'looked' || !Array.isArray(holders) || !Array.isArray(results)) return null;
  const texts = new Map<string, string>();
  for (let at = 0; at + 1 < results.length; at += 2) texts.set(String(results[at]), String(results[at + 1]));
  return { holders: holders.map(String), texts };
}

/** Which of a job's thumbnails it is; the usual one needs no word. */
function holderText(id: string, name: string): string {
  return name === defaultRenditionName ? id : `${id}#${name}`;
}

function earlierRendition(holder: string, results: Map<string, ThumbnailJobResult>): EarlierRendition | null {
  const at = holder.indexOf('#');
  const [id, name] = at === -1 ? [holder, defaultRenditionName] : [holder.slice(0, at), holder.slice(at + 1)];
  const result = results.get(id);
  const rendition = result?.renditions.find((made) => made.name === name);
  return result && rendition ? { rendition, result } : null;
}

type PartsOf = ReturnType<typeof createParts>;

/** The keys of a work's parts. They are made once, for it is claimed, and remembered when it is done. */
function createParts(keys: Pick<Shard['keys'], 'work'>) {
  const made = new WeakMap<Work, { colours: string; renditions: { key: string; name: string }[] }>();
  return (work: Work) => {
    const parts = made.get(work) ?? {
      colours: keys.work(coloursPrint(work)),
      renditions: work.order.renditions.map((one) => ({ key: keys.work(renditionPrint(work, one)), name: one.name })),
    };
    made.set(work, parts);
    return parts;
  };
}

/** What a thumbnail is called does not change it. */
function renditionPrint(work: Work, { name: _name, ...options }: NamedRendition): string {
  const { tenant, sourceSha256, versions } = work;
  const isOfFoundColour = options.background === 'dominant' || options.background === 'edge';
  const found = isOfFoundColour ? [coloursPrint(work)] : [];
  return fingerprint('rendition', versions.render, tenant, sourceSha256, options, ...readUnusually(work), ...found);
}

function coloursPrint(work: Work): string {
  const { tenant, sourceSha256, versions, order } = work;
  return fingerprint('colours', tenant, sourceSha256, versions.colours, order.colours, ...readUnusually(work));
}

/** Another frame, or what was damaged, is never an answer to whoever has not asked for it. */
function readUnusually({ order }: Work): ReadOptions[] {
  const options = readOptionsOf(order);
  return Object.keys(options).length > 0 ? [options] : [];
}
