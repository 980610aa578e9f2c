/** Which job made the picture of a link: one for all who ask for it, in all processes, and one that is to take its place. */
import { defineShardScript, type Shard } from '@tintype/redis';
import { type JobLookup, lookupOf, readLua } from '../record/job-record.ts';

/** Ids of jobs, which need not exist (yet, or any more). */
export type PictureJobs = {
  /** Whose picture is shown. */
  job: string | null;
  /** Which is to be shown in its place as soon as it is completed. */
  next: string | null;
};

export type LinkPictures = {
  /** The jobs, and what there is of the first: one round trip. */
  read(name: string): Promise<PictureJobs & { found: JobLookup | null }>;
  /**
   * Puts these jobs there for so long, unless others are there than were seen. Answers with what is there now: of many who
   * do so at once, all are answered the same.
   */
  replace(name: string, seen: PictureJobs, by: PictureJobs, lifeMs: number): Promise<PictureJobs>;
};

const readPictureLua = `
local jobs = redis.call('HMGET', picture, 'job', 'next')
local id = jobs[1]
if not id then return {false, false, false} end
local job, lock, tombstone = jobPrefix .. id, jobPrefix .. id .. ':lock', tombstonePrefix .. id
local function read()
${readLua}
end
return {id, jobs[2], read()}`;

/** '' stands for none. */
const replacePictureLua = `
local jobs = redis.call('HMGET', picture, 'job', 'next')
if (jobs[1] or '') ~= seenJob or (jobs[2] or '') ~= seenNext then return {jobs[1] or '', jobs[2] or ''} end
if newNext == '' then redis.call('HDEL', picture, 'next') end
redis.call('HSET', picture, 'job', newJob)
if newNext ~= '' then redis.call('HSET', picture, 'next', newNext) end
redis.call('PEXPIRE', picture, lifeMs)
return {newJob, newNext}`;

/** Pictures have names that stand for all that makes them different: tenant, URL, options. */
export function createLinkPictures(shard: Shard): LinkPictures {
  const common = { keys: ['picture'] } as const;
  const runRead = defineShardScript(shard, {
    ...common,
    name: 'tintypeReadPicture',
    fixedKeys: ['jobPrefix', 'tombstonePrefix', 'prioritized', 'delayed'],
    args: [],
    lua: readPictureLua,
    readOnly: true,
  });
  const runReplace = defineShardScript(shard, {
    ...common,
    name: 'tintypeReplacePicture',
    args: ['seenJob', 'seenNext', 'newJob', 'newNext', 'lifeMs'],
    lua: replacePictureLua,
  });
  const keyOf = (name: string) => ({ picture: shard.keys.picture(name) });
  return {
    async read(name) {
      const [id, next, record] = partsOf(await runRead(keyOf(name), {}));
      const job = idIn(id);
      return { job, next: idIn(next), found: job === null ? null : lookupOf(job, record) };
    },
    async replace(name, seen, by, lifeMs) {
      const args = { seenJob: seen.job ?? '', seenNext: seen.next ?? '', newJob: by.job ?? '', newNext: by.next ?? '' };
      const [job, next] = partsOf(await runReplace(keyOf(name), { ...args, lifeMs }));
      return { job: idIn(job), next: idIn(next) };
    },
  };
}

function partsOf(reply: unknown): unknown[] {
  return Array.isArray(reply) ? reply : [];
}

function idIn(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
