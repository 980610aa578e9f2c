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

/** Pictures and sources have names that stand for all that makes them different: tenant, URL, and of a picture its options. */
export type LinkPictures = {
  /** The jobs, and what there is of the first: one round trip. */
  read(name: string): Promise<PictureJobs & { found: JobLookup | null }>;
  /**
   * Puts these jobs there for so long, unless others are there than were seen. Answers with what is there now: of many who
   * do so at once, all are answered the same. The job is that of its source too, by whose colour a placeholder is
   * painted, until there is none any more.
   */
  replace(names: PictureNames, seen: PictureJobs, by: PictureJobs, lifeMs: number): Promise<PictureJobs>;
  /** A job of the source of this name. */
  jobOfSource(source: string): Promise<string | null>;
};

export type PictureNames = { name: string; source: string };

/** As it is kept: `<job>` or `<job> <next>`; '' stands for none. */
const readPictureLua = `
local jobs = redis.call('GET', picture)
if not jobs then return {'', false} end
local id = string.match(jobs, '^%S+')
local job, lock, tombstone = jobPrefix .. id, jobPrefix .. id .. ':lock', tombstonePrefix .. id
local function read()
${readLua}
end
return {jobs, read()}`;

const replacePictureLua = `
local jobs = redis.call('GET', picture) or ''
if jobs ~= seen then return jobs end
redis.call('SET', picture, new, 'PX', lifeMs)
local id, known = string.match(new, '^%S+'), redis.call('GET', source)
if not known or (known ~= id and redis.call('EXISTS', jobPrefix .. known) == 0) or known == string.match(seen, '^%S+') then
  redis.call('SET', source, id, 'PX', lifeMs)
end
return new`;

export function createLinkPictures(shard: Shard): LinkPictures {
  const { redis, keys } = shard;
  const runRead = defineShardScript(shard, {
    name: 'tintypeReadPicture',
    fixedKeys: ['jobPrefix', 'tombstonePrefix', 'prioritized', 'delayed'],
    keys: ['picture'],
    args: [],
    lua: readPictureLua,
    readOnly: true,
  });
  const runReplace = defineShardScript(shard, {
    name: 'tintypeReplacePicture',
    fixedKeys: ['jobPrefix'],
    keys: ['picture', 'source'],
    args: ['seen', 'new', 'lifeMs'],
    lua: replacePictureLua,
  });
  return {
    async read(name) {
      const reply = await runRead({ picture: keys.picture(name) }, {});
      const [text, record] = Array.isArray(reply) ? reply : [];
      const jobs = jobsIn(text);
      return { ...jobs, found: jobs.job === null ? null : lookupOf(jobs.job, record) };
    },
    async replace({ name, source }, seen, by, lifeMs) {
      const places = { picture: keys.picture(name), source: keys.pictureSource(source) };
      return jobsIn(await runReplace(places, { seen: textOf(seen), new: textOf(by), lifeMs }));
    },
    jobOfSource: (source) => redis.get(keys.pictureSource(source)),
  };
}

function textOf({ job, next }: PictureJobs): string {
  return [job, next].filter((id) => id !== null).join(' ');
}

function jobsIn(text: unknown): PictureJobs {
  const [job = '', next = ''] = String(text ?? '').split(' ');
  return { job: job || null, next: next || null };
}
