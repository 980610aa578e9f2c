/** Records that cannot be read, beside work that goes on: workers, sweep, and jobs that would use an older result. */
import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { documentedKeys as keys, type ServiceUnderTest } from '@tintype/testkit';
import { type JobState, type Poison, poison, poisons } from './poison.ts';
import { openScene, type Scene, type Victim } from './victims.ts';
import { formOf, until } from './watched-calls.ts';

const own = (id: string) => `/v1/thumbnails/${id}`;
const post = '/v1/thumbnails';
/** A score that is due whatever the clock says. */
const longAgo = 1;

let scene: Scene;
const redis = () => scene.services.redis;
const statusOf = async (id: string) => (await scene.as('alice', 'GET', own(id))).json.status;
const exists = async (key: string) => (await redis().exists(key)) === 1;
const hasRecord = ({ id }: Victim) => exists(keys.job(id));
const retains = async (sha256: string, { id }: Victim) => (await redis().hexists(keys.referrers(sha256), id)) === 1;
const spoil = ({ id }: Victim, poisoned: Poison) => poison(redis(), id, poisoned);

const poisonsFor = (state: JobState) => poisons.filter(({ states }) => states.includes(state));
function poisonNamed(name: string): Poison {
  const found = poisons.find((one) => one.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return found;
}

async function soundJob(state: 'queued' | 'completed'): Promise<Victim> {
  const victim = await scene.victim(state);
  if (state === 'completed') await scene.untilThere(victim);
  return victim;
}

/** Hashes of the renditions of a completed one. */
async function renditionsOf({ id }: Victim): Promise<string[]> {
  const { bytes } = await scene.as('alice', 'GET', own(id));
  return [...`${bytes}`.matchAll(/"format":"\w+","bytes":\d+,"sha256":"([0-9a-f]{64})"/g)].map(([, sha = '']) => sha);
}

describe('in the hands of a worker', () => {
  type Waiting = { victim: Victim; poisoned: Poison };
  const waiting: Waiting[] = [];
  const sound: Victim[] = [];
  let worker: ServiceUnderTest;
  beforeAll(async () => {
    scene = await openScene();
    const first = await scene.startWorker();
    const delayed = await Promise.all(
      poisonsFor('delayed').map(async (poisoned) => ({ victim: await scene.victim('delayed'), poisoned })),
    );
    for (const { victim } of delayed) await scene.untilThere(victim);
    await scene.services.end(first);
    sound.push(await soundJob('queued'));
    for (const poisoned of poisonsFor('queued')) {
      waiting.push({ victim: await scene.victim('queued'), poisoned });
      sound.push(await soundJob('queued'));
    }
    waiting.push(...delayed);
    for (const { victim, poisoned } of waiting) await spoil(victim, poisoned);
    for (const { victim } of delayed) await redis().zadd(keys.delayed, longAgo, victim.id);
    worker = await scene.startWorker();
  });
  afterAll(() => scene.stop());

  test('when they stand in line, then those behind them are done', async () => {
    const isDone = async ({ id }: Victim) => (await statusOf(id)) === 'completed';
    await until('the sound ones are done', async () => (await Promise.all(sound.map(isDone))).every(Boolean));
  });

  test('when a worker has taken one, then it ends as unreadable, and is out of the queue', async () => {
    const unreadable = waiting.filter(({ poisoned: { readable } }) => readable !== 'most');
    const recordOf = ({ victim }: Waiting) =>
      redis()
        .hmget(keys.job(victim.id), 'finishedOn', 'failedReason')
        .then(([end, reason]) => ({ end, reason }));
    const restOf = async (one: Waiting) => {
      const { end, reason } = await recordOf(one);
      // A newer version may know what to do with it: it may wait for that, too.
      if (one.poisoned.name === 'data of a far newer shape' && !end) return [];
      return end && reason?.includes('"code":"unreadable_record"') ? [] : [one.poisoned.name];
    };
    const rest = async () => (await Promise.all(unreadable.map(restOf))).flat();
    await until('each of them has ended', async () => (await rest()).length === 0).catch(() => undefined);
    expect(await rest()).toEqual([]);
    const isHeld = async () => (await redis().llen(keys.active)) > 0;
    await until('nothing is held any more', async () => !(await isHeld()));
  });

  test('when something on the side cannot be read, then the job is done all the same, or ends as unreadable', async () => {
    const most = waiting.filter(({ poisoned: { readable } }) => readable === 'most');
    const hasEnded = ({ victim }: Waiting) => redis().hexists(keys.job(victim.id), 'finishedOn');
    // Those that were put off have a source that never answers well: they may be put off again.
    const stillToEnd = most.filter(({ victim }) => victim.state === 'queued');
    const count = async () => (await Promise.all(stillToEnd.map(hasEnded))).filter((ended) => ended === 1).length;
    await until('all have ended', async () => (await count()) === stillToEnd.length);
    await until('nothing is held any more', async () => (await redis().llen(keys.active)) === 0);
  });

  test('when nothing else is to be done, then the worker rests, and lives', async () => {
    const scriptsRun = async () => {
      const calls = [...(await redis().info('commandstats')).matchAll(/cmdstat_evalsha:calls=(\d+)/g)];
      return Number(calls[0]?.[1] ?? 0);
    };
    const before = await scriptsRun();
    await sleep(2000);
    expect((await scriptsRun()) - before).toBeLessThan(100);
    expect(worker.log.filter((line) => /uncaughtException|unhandledRejection/.test(line))).toEqual([]);
    const after = await soundJob('completed');
    expect(await statusOf(after.id)).toBe('completed');
  });

  test('when the failed ones are retried, one by one and all of a code, then nothing breaks', async () => {
    for (const { victim } of waiting.slice(0, 5)) await scene.as('alice', 'POST', `${own(victim.id)}/retry`);
    expect((await scene.as('alice', 'POST', `${post}/retry?code=source_status`)).status).toBe(200);
    expect((await scene.as('alice', 'POST', `${post}/retry?code=internal_error`)).status).toBe(200);
    expect((await soundJob('completed')).state).toBe('completed');
    expect(scene.serverErrors).toEqual([]);
  });
});

/** Those of a finished job that spoil what another one would take over. */
const older = poisonsFor('completed').filter(({ readable }) => readable !== 'most');
const done = { status: 'completed', error: null };

describe('beside a worker', () => {
  let worker: ServiceUnderTest;
  beforeAll(async () => {
    scene = await openScene();
    worker = await scene.startWorker();
  });
  afterAll(() => scene.stop());

  describe('in the way of the sweep', () => {
    const makeDue = (entry: string) => redis().zadd(keys.expiry, longAgo, entry);
    const isPresent = async (path: string) =>
      access(path).then(
        () => true,
        () => false,
      );
    const pathOf = (sha256: string) => `${scene.services.dataDir}/blobs/${sha256.slice(0, 2)}/${sha256}`;

    test('when it is asked whether the job of an upload came into being, then others are swept, and the file stays', async () => {
      const victims = await Promise.all(poisonsFor('completed').map(() => soundJob('completed')));
      const other = await soundJob('completed');
      for (const [index, poisoned] of poisonsFor('completed').entries()) {
        const victim = victims[index];
        if (!victim) throw new Error('a victim is missing');
        await spoil(victim, poisoned);
        await makeDue(`${victim.id}/${victim.upload}`);
      }
      await makeDue(other.id);
      await until('the other one is swept', async () => !(await hasRecord(other)));
      const { id, upload } = await soundJob('completed');
      await makeDue(`${id}/${upload}`);
      await until(
        'the question is answered',
        async () => (await redis().zscore(keys.expiry, `${id}/${upload}`)) === null,
      );
      for (const victim of victims) {
        expect([await hasRecord(victim), await retains(victim.upload ?? '', victim)]).toEqual([true, true]);
        expect(await isPresent(pathOf(victim.upload ?? ''))).toBe(true);
      }
    });

    test.each(['completed', 'failed', 'delayed'] as const)(
      'when %s ones are due, then they go, with their files and a tombstone where it can be told whose they were',
      async (state) => {
        const all = await Promise.all(
          poisonsFor(state).map(async (poisoned) => {
            const victim = await scene.victim(state);
            await scene.untilThere(victim);
            return { victim, poisoned, renditions: state === 'completed' ? await renditionsOf(victim) : [] };
          }),
        );
        const other = await soundJob('completed');
        for (const { victim, poisoned } of all) await spoil(victim, poisoned);
        for (const { victim } of all) await makeDue(victim.id);
        await makeDue(other.id);
        for (const { victim, poisoned } of [...all, { victim: other, poisoned: { name: 'nothing' } }]) {
          await until(`the one with ${poisoned.name} is swept`, async () => !(await hasRecord(victim)));
          expect([poisoned.name, await redis().zscore(keys.expiry, victim.id)]).toEqual([poisoned.name, null]);
        }
        for (const { victim, poisoned, renditions } of all) {
          const { name, readable } = poisoned;
          if (readable === 'nothing' || readable === 'scraps') continue;
          expect([name, await redis().get(keys.tombstone(victim.id))]).toEqual([name, 'alice']);
          expect([name, (await scene.as('alice', 'GET', own(victim.id))).status]).toEqual([name, 410]);
          if (victim.upload !== null) {
            expect([name, await exists(keys.referrers(victim.upload))]).toEqual([name, false]);
            expect([name, await isPresent(pathOf(victim.upload))]).toEqual([name, false]);
          }
          // What a result refers to cannot be known where that is no JSON at all.
          const isKnown = !/result that is/.test(name);
          for (const sha256 of renditions)
            if (isKnown) expect([name, await retains(sha256, victim)]).toEqual([name, false]);
        }
      },
    );

    test('when data are no JSON, and the result is sound, then the files of the result go with the record', async () => {
      const victim = await soundJob('completed');
      const [sha256 = ''] = await renditionsOf(victim);
      expect(await retains(sha256, victim)).toBe(true);
      await spoil(victim, poisonNamed('data that are no JSON'));
      await makeDue(victim.id);
      await until('it is swept', async () => !(await hasRecord(victim)));
      expect(await retains(sha256, victim)).toBe(false);
      // The upload is known by the question that is asked an hour after it.
      await makeDue(`${victim.id}/${victim.upload}`);
      await until('its upload is gone', async () => !(await exists(keys.referrers(victim.upload ?? ''))));
      expect(scene.serverErrors).toEqual([]);
    });
  });

  describe('in the way of the same work', () => {
    const pictures = new Map<Poison, Buffer>();
    const submit = (bytes: Buffer | undefined, fields: Record<string, string> = {}) =>
      scene.as('alice', 'POST', `${post}?wait=20`, { body: formOf(bytes ?? Buffer.alloc(0), fields) });
    beforeAll(async () => {
      for (const poisoned of older) {
        const bytes = scene.picture();
        const first = await submit(bytes);
        expect(first.json).toMatchObject(done);
        await poison(redis(), String(first.json.id), poisoned);
        pictures.set(poisoned, bytes);
      }
    });

    test.each(older)(
      'when an older job has $name, then its picture is matched, made in another size, and in the same',
      async (poisoned) => {
        const bytes = pictures.get(poisoned);
        const body = formOf(bytes ?? Buffer.alloc(0), { count: '1' });
        const match = await scene.as('alice', 'POST', '/v1/colours/match', { body });
        expect([match.status, match.json.matches]).toEqual([200, [expect.any(Object)]]);
        expect((await submit(bytes, { width: '50' })).json).toMatchObject(done);
        const same = await submit(bytes);
        expect(same.json).toMatchObject(done);
        expect((await scene.as('alice', 'GET', `${own(String(same.json.id))}/file`)).status).toBe(200);
      },
    );

    test('when all of this had been asked, then nothing had been answered with 500 or more', () => {
      expect(scene.serverErrors).toEqual([]);
    });
  });

  describe('in the way of a shared download', () => {
    const followers = new Map<Poison, string>();
    beforeAll(async () => {
      const bodies = older.map((_, index) => {
        scene.origin.serve(`/shared/${index}.jpg`, scene.picture());
        return { url: scene.origin.url(`/shared/${index}.jpg`) };
      });
      const leaders = await Promise.all(bodies.map((body) => scene.as('alice', 'POST', `${post}?wait=20`, { body })));
      for (const { json } of leaders) expect(json).toMatchObject(done);
      await scene.services.end(worker);
      for (const [index, poisoned] of older.entries()) {
        const follower = await scene.as('alice', 'POST', post, { body: bodies[index] });
        followers.set(poisoned, String(follower.json.id));
        const leader = String(leaders[index]?.json.id);
        // As if the follower had been handed in while the leader was under way.
        const laterMs = Date.parse(String(follower.json.created_at)) + 1;
        await redis().hset(keys.job(leader), 'finishedOn', laterMs);
        await poison(redis(), leader, poisoned);
      }
      await scene.startWorker();
    });

    test.each(older)(
      'when the job that downloads has $name, then another one that waited does it',
      async (poisoned) => {
        const ended = await scene.as('alice', 'GET', `${own(followers.get(poisoned) ?? '')}?wait=20`);
        expect(ended.json).toMatchObject(done);
      },
    );
  });
});
