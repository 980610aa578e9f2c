/** A record that cannot be read: what its tenant is told, what others are told, and that it can be deleted. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { documentedKeys as keys } from '@tintype/testkit';
import { type JobState, type Poison, poison, poisons, type Readable } from './poison.ts';
import { openScene, type Scene, type Victim } from './victims.ts';
import type { Answer } from './watched-calls.ts';

let scene: Scene;
/** A job of alice's that nothing is wrong with. */
let sound: Victim;
const victims = new Map<string, Victim>();
const nameOf = (poison: Poison, state: JobState) => `${state}: ${poison.name}`;
const cases = poisons.flatMap((poison) =>
  poison.states.map((state) => ({ poison, state, name: nameOf(poison, state) })),
);
const casesWith = (readable: Readable) => cases.filter(({ poison }) => poison.readable === readable);

beforeAll(async () => {
  scene = await openScene();
  const worker = await scene.startWorker();
  sound = await scene.victim('completed');
  for (const { state, name } of cases) if (state !== 'queued') victims.set(name, await scene.victim(state));
  for (const victim of [sound, ...victims.values()]) await scene.untilThere(victim);
  await scene.services.end(worker);
  for (const { state, name } of cases) if (state === 'queued') victims.set(name, await scene.victim(state));
});
afterAll(() => scene.stop());

const own = (id: string) => `/v1/thumbnails/${id}`;
const get = (tenant: 'alice' | 'bob', path: string) => scene.as(tenant, 'GET', path);
const post = (tenant: 'alice' | 'bob', path: string) => scene.as(tenant, 'POST', path);
const codeOf = ({ status, json }: Answer) => [status, json.code];

/** Everything that can be asked about a thumbnail, what changes it at the end. */
async function everyAnswer(tenant: 'alice' | 'bob', id: string): Promise<Record<string, Answer>> {
  const thumbnail = await get(tenant, own(id));
  return {
    thumbnail,
    // What can be read and has not ended would take its time.
    ...(thumbnail.status !== 200 && { waiting: await get(tenant, `${own(id)}?wait=1`) }),
    'by query': await get(tenant, `/v1/thumbnails?id=${id}`),
    'as a picture': await scene.as(tenant, 'GET', own(id), { headers: { accept: 'image/*' } }),
    'with its bytes': await get(tenant, `${own(id)}?include=base64`),
    file: await get(tenant, `${own(id)}/file`),
    timeline: await get(tenant, `${own(id)}/timeline`),
    colours: await get(tenant, `${own(id)}/colours`),
    retry: await post(tenant, `${own(id)}/retry`),
    cancel: await post(tenant, `${own(id)}/cancel`),
  };
}

const allOf = (answers: Record<string, Answer>, status: number, code: string) =>
  Object.fromEntries(Object.keys(answers).map((name) => [name, [status, code]]));
const codesOf = (answers: Record<string, Answer>) =>
  Object.fromEntries(Object.entries(answers).map(([name, answer]) => [name, codeOf(answer)]));

/** Spoils the record of the case, and answers with its victim. */
async function spoilt(poisoned: Poison, name: string): Promise<Victim> {
  const victim = victims.get(name);
  if (victim === undefined) throw new Error(`nobody is ${name}`);
  await poison(scene.services.redis, victim.id, poisoned);
  return victim;
}

/** Whether the job still counts among those that need its upload. */
const retains = async ({ id, upload }: Victim) =>
  upload !== null && (await scene.services.redis.hexists(keys.referrers(upload), id)) === 1;

async function expectOthersKnowNothing({ id }: Victim): Promise<void> {
  const answers = await everyAnswer('bob', id);
  expect(codesOf(answers)).toEqual(allOf(answers, 404, 'not_found'));
  expect(codeOf(await scene.as('bob', 'DELETE', own(id)))).toEqual([404, 'not_found']);
  const list = await get('bob', `/v1/thumbnails?id=${id}&id=${sound.id}`);
  expect([list.status, list.json]).toEqual([200, { data: [], next: null }]);
}

/** The list answers with each of the two in its place; `broken` in whatever way is right for it. */
async function expectListWith(id: string, broken: unknown): Promise<void> {
  const list = await get('alice', `/v1/thumbnails?id=${sound.id}&id=${id}`);
  const whole = (await get('alice', own(sound.id))).json;
  expect([list.status, list.json.data]).toEqual([200, [whole, ...(broken === null ? [] : [broken])]]);
}

async function expectDeleted(victim: Victim): Promise<void> {
  const { id, upload } = victim;
  expect(await retains(victim)).toBe(upload !== null);
  expect((await scene.as('alice', 'DELETE', own(id))).status).toBe(204);
  expect(codeOf(await get('alice', own(id)))).toEqual([410, 'expired']);
  expect(codeOf(await get('bob', own(id)))).toEqual([404, 'not_found']);
  const { redis } = scene.services;
  expect(await redis.get(keys.tombstone(id))).toBe('alice');
  expect(await redis.exists(keys.job(id))).toBe(0);
  if (upload !== null) expect(await redis.exists(keys.referrers(upload))).toBe(0);
  expect((await scene.as('alice', 'DELETE', own(id))).status).toBe(204);
}

describe('whose it is can be read, and no more', () => {
  test.each(casesWith('envelope'))(
    'when one is $name, then its tenant is told so, nobody else is, and it can be deleted',
    async ({ poison: poisoned, name }) => {
      const victim = await spoilt(poisoned, name);
      await expectOthersKnowNothing(victim);
      const answers = await everyAnswer('alice', victim.id);
      expect(codesOf(answers)).toEqual(allOf(answers, 409, 'unreadable_record'));
      for (const { json } of Object.values(answers)) {
        expect(json).toMatchObject({ retryable: false, detail: expect.stringContaining('npm run unreadable') });
      }
      const error = expect.objectContaining({ code: 'unreadable_record', retryable: false });
      await expectListWith(victim.id, expect.objectContaining({ id: victim.id, error }));
      await expectDeleted(victim);
    },
  );
});

describe('not even whose it is can be read', () => {
  test.each(casesWith('nothing'))(
    'when one is $name, then there is no such thumbnail for anybody',
    async ({ poison: poisoned, name }) => {
      const victim = await spoilt(poisoned, name);
      await expectOthersKnowNothing(victim);
      const answers = await everyAnswer('alice', victim.id);
      expect(codesOf(answers)).toEqual(allOf(answers, 404, 'not_found'));
      await expectListWith(victim.id, null);
      expect(codeOf(await scene.as('alice', 'DELETE', own(victim.id)))).toEqual([404, 'not_found']);
    },
  );
});

describe('perhaps it can be read whose it is', () => {
  test.each(casesWith('scraps'))(
    'when one is $name, then nobody else is told, and its tenant one of the two',
    async ({ poison: poisoned, name }) => {
      const victim = await spoilt(poisoned, name);
      await expectOthersKnowNothing(victim);
      const answers = await everyAnswer('alice', victim.id);
      const [status, code] = codeOf(answers.thumbnail ?? (await get('alice', own(victim.id))));
      expect([
        [404, 'not_found'],
        [409, 'unreadable_record'],
      ]).toContainEqual([status, code]);
      expect(codesOf(answers)).toEqual(allOf(answers, Number(status), String(code)));
      if (status === 409) await expectDeleted(victim);
    },
  );
});

describe('all but something on the side can be read', () => {
  test.each(casesWith('most'))(
    'when one is $name, then it is answered without that, or said to be unreadable, and can be deleted',
    async ({ poison: poisoned, name, state }) => {
      const victim = await spoilt(poisoned, name);
      await expectOthersKnowNothing(victim);
      const answers = await everyAnswer('alice', victim.id);
      const isUnreadable = answers.thumbnail?.status === 409;
      const shown = state === 'delayed' ? 'queued' : state;
      if (isUnreadable) expect(codesOf(answers)).toEqual(allOf(answers, 409, 'unreadable_record'));
      else expect([answers.thumbnail?.status, answers.thumbnail?.json.status]).toEqual([200, shown]);
      const { timeline } = answers;
      if (timeline?.status !== 200) expect(timeline?.json.code).toBe('unreadable_record');
      expect(Object.entries(answers).filter(([, { status }]) => status >= 500)).toEqual([]);
      await expectDeleted(victim);
    },
  );
});

test('when all of this had been asked, then nothing had been answered with 500 or more', () => {
  expect(scene.serverErrors).toEqual([]);
});
