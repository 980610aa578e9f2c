/** Ways in which the record of a job can be one that this version cannot read, or not whole. */
import type { RedisConnection } from '@tintype/redis';
import { documentedKeys as keys } from '@tintype/testkit';

export type JobState = 'queued' | 'delayed' | 'completed' | 'failed';

/**
 * What is left to be read. `envelope`: whose it is, when it ends, what it refers to, and no more. `nothing`: not even
 * that. `scraps`: perhaps whose it is, perhaps not. `most`: all but something on the side, like what a step has noted.
 */
export type Readable = 'envelope' | 'nothing' | 'scraps' | 'most';

export type Poison = {
  name: string;
  readable: Readable;
  states: readonly JobState[];
  spoil(record: Record<string, string>): Record<string, string | null>;
};

const everyState = ['queued', 'delayed', 'completed', 'failed'] as const;
const ended = ['completed', 'failed'] as const;

/** The fields that version 0.1.0 knew of: what came later would help to read what is spoilt here. */
const oldestFields = [
  ...['name', 'data', 'opts', 'timestamp', 'delay', 'priority', 'processedOn', 'finishedOn', 'returnvalue'],
  ...['failedReason', 'stacktrace', 'progress', 'ats', 'atm', 'stc', 'pb', 'crashes', 'cancelledAt', 'deletedAt'],
  ...['retriedAt', 'failuresBefore'],
];

/** Nulls take a field away. */
const field = (name: string, value: string | null) => () => ({ [name]: value });

type Json = Record<string, unknown>;
const changed = (name: 'data' | 'returnvalue', change: (value: Json) => Json) => (record: Record<string, string>) => ({
  [name]: JSON.stringify(change(JSON.parse(record[name] ?? '{}'))),
});

/** As a version far ahead might write it, which still says whose it is, when it ends and which file it needs. */
const farNewer = ({ tenant, expiresAtMs, source }: Json): Json => ({
  v: 99,
  ...{ tenant, expiresAtMs, source },
  order: { frames: [{ at: 'golden-section', hue: 'as-is' }] },
});
const withOption = (options: Json) => (data: Json) => ({ ...data, options: { ...Object(data.options), ...options } });
const without = (name: string) => (value: Json) => ({ ...value, [name]: undefined });

export const poisons: readonly Poison[] = [
  { name: 'data of a far newer shape', readable: 'envelope', states: everyState, spoil: changed('data', farNewer) },
  {
    name: 'an option that is not offered',
    readable: 'envelope',
    states: everyState,
    spoil: changed('data', withOption({ fit: 'wobble' })),
  },
  {
    name: 'an option of another type',
    readable: 'envelope',
    states: everyState,
    spoil: changed('data', withOption({ width: 'wide' })),
  },
  {
    name: 'a result that is no JSON',
    readable: 'envelope',
    states: ['completed'],
    spoil: field('returnvalue', '<html>'),
  },
  {
    name: 'a result that is cut off',
    readable: 'envelope',
    states: ['completed'],
    spoil: ({ returnvalue = '' }) => ({ returnvalue: returnvalue.slice(0, returnvalue.length / 2) }),
  },
  {
    name: 'an older result, without the placeholder',
    readable: 'envelope',
    states: ['completed'],
    spoil: changed('returnvalue', without('thumbhash')),
  },
  {
    name: 'a result with a format of the future',
    readable: 'envelope',
    states: ['completed'],
    spoil: changed('returnvalue', (value) => ({ ...value, source: { ...Object(value.source), format: 'jxl' } })),
  },
  {
    name: 'data that are no JSON',
    readable: 'nothing',
    states: everyState,
    spoil: field('data', 'PK\u0003\u0004 not JSON'),
  },
  { name: 'data that are null', readable: 'nothing', states: everyState, spoil: field('data', 'null') },
  { name: 'data that break off at once', readable: 'nothing', states: everyState, spoil: field('data', '{"tenan') },
  {
    name: 'newer data that do not say whose they are',
    readable: 'nothing',
    states: everyState,
    spoil: field('data', '{"v":99,"order":{"frames":[]}}'),
  },
  {
    name: 'data that are cut off',
    readable: 'scraps',
    states: everyState,
    spoil: ({ data = '' }) => ({ data: data.slice(0, data.length / 2) }),
  },
  {
    name: 'a reason of failure in other words',
    readable: 'most',
    states: ['failed'],
    spoil: field('failedReason', '{"co'),
  },
  {
    name: 'a problem code of the future',
    readable: 'most',
    states: ['failed'],
    spoil: field('failedReason', '{"code":"too_beautiful","detail":"…","retryable":false}'),
  },
  {
    name: 'a progress that is cut off',
    readable: 'most',
    states: everyState,
    spoil: field('progress', '{"percent":17,'),
  },
  { name: 'attempts that are cut off', readable: 'most', states: everyState, spoil: field('stacktrace', '["{\\"star') },
  {
    name: 'an attempt of another shape',
    readable: 'most',
    states: everyState,
    spoil: field('stacktrace', JSON.stringify(['{"began":"yesterday"}', '{"startedAtMs":"soon"}', '{'])),
  },
  { name: 'crashes of another shape', readable: 'most', states: everyState, spoil: field('crashes', 'x y z\n\n1') },
  { name: 'no time of creation', readable: 'most', states: everyState, spoil: field('timestamp', null) },
  { name: 'a time of creation in words', readable: 'most', states: everyState, spoil: field('timestamp', 'noon') },
  { name: 'a time of its begin in words', readable: 'most', states: ended, spoil: field('processedOn', 'at noon') },
];

/** Makes the job's record such a one, as it would be if version 0.1.0 had left it. */
export async function poison(redis: RedisConnection, id: string, { spoil }: Poison): Promise<void> {
  const key = keys.job(id);
  const record = await redis.hgetall(key);
  if (Object.keys(record).length === 0) throw new Error(`${id} has no record`);
  const newer = Object.keys(record).filter((name) => !oldestFields.includes(name));
  if (newer.length > 0) await redis.hdel(key, ...newer);
  for (const [name, value] of Object.entries(spoil(record))) {
    if (value === null) await redis.hdel(key, name);
    else await redis.hset(key, name, value);
  }
}
