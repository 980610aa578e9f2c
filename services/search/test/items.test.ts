/** Items of the library, as the API asks for them: kept by PostgreSQL, told apart by tenants, and found when they are made. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { newThumbnailId } from '@tintype/contracts';
import pg from 'pg';
import { contractChecks } from '../../../scripts/search-contract/checks.ts';
import { openService } from '../../../scripts/search-contract/service.ts';
import {
  adding,
  addReady,
  found,
  listed,
  madeOf,
  type SearchUnderTest,
  startSearchOn,
  startSearchUnderTest,
} from './search-under-test.ts';

let search: SearchUnderTest;
beforeAll(async () => {
  search = await startSearchUnderTest();
});
afterAll(() => search.stop());

test('when an item is added, then it is pending, and found once its picture is made', async () => {
  const command = adding('one', { name: 'cat.jpg', caption: 'A cat in a park', tags: ['animal'] });
  expect(await search.post('/items', command)).toMatchObject({
    status: 200,
    body: { item: { id: command.id, status: 'pending', name: 'cat.jpg', tags: ['animal'], made: null, revision: 1 } },
  });
  expect(await found(search, 'one', 'cat')).toEqual([]);
  const made = madeOf({ hex: '#d2691e', share: 0.6, name: 'chocolate' });
  expect(await search.post('/items', { do: 'end', tenant: 'one', id: command.id, made, problem: null })).toMatchObject({
    status: 200,
    body: { item: { status: 'ready', made, problem: null, revision: 2 } },
  });
  expect(await found(search, 'one', 'cat')).toEqual(['cat.jpg']);
  expect(await search.get(`/items?tenant=one&id=${command.id}`)).toMatchObject({ body: { items: [{ made }] } });
});

test('when the same item is added again, then nothing changes; another one of its name is refused', async () => {
  const command = adding('names', { name: 'a.jpg' });
  const first = await search.post('/items', command);
  expect(await search.post('/items', { ...command, name: 'b.jpg' })).toEqual(first);
  const other = { ...command, id: newThumbnailId() };
  expect(await search.post('/items', other)).toMatchObject({ status: 409, body: { code: 'conflict' } });
  expect((await search.post('/items', { ...other, tenant: 'another' })).status).toBe(200);
});

test('when two are added under one name at once, then one of them has it', async () => {
  const commands = Array.from({ length: 8 }, () => adding('race', { name: 'same.jpg' }));
  const answers = await Promise.all(commands.map((command) => search.post('/items', command)));
  expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(409)]);
});

test('when its words change, then it is found by the new ones alone', async () => {
  const id = await addReady(search, 'words', { name: 'a.jpg', caption: 'A red lighthouse' });
  const change = { do: 'change', tenant: 'words', id, caption: 'A green meadow', tags: ['hill'] };
  expect(await search.post('/items', { ...change, revision: 1 })).toMatchObject({
    status: 412,
    body: { code: 'precondition_failed' },
  });
  expect(await search.post('/items', { ...change, revision: 2 })).toMatchObject({
    status: 200,
    body: { item: { name: 'a.jpg', caption: 'A green meadow', revision: 3 } },
  });
  expect(await found(search, 'words', 'lighthouse')).toEqual([]);
  expect(await found(search, 'words', 'hill')).toEqual(['a.jpg']);
});

test('when a job fails, then its item is not found, and says why until it is made after all', async () => {
  const command = adding('fails', { name: 'a.jpg', caption: 'A harbour' });
  await search.post('/items', command);
  const end = { do: 'end', tenant: 'fails', id: command.id };
  expect(await search.post('/items', { ...end, made: null, problem: '{"code":"corrupt_image"}' })).toMatchObject({
    body: { item: { status: 'failed', problem: '{"code":"corrupt_image"}' } },
  });
  expect(await found(search, 'fails', 'harbour')).toEqual([]);
  await search.post('/items', { ...end, made: madeOf(), problem: null });
  expect(await found(search, 'fails', 'harbour')).toEqual(['a.jpg']);
  // An end that comes late, of a job that was deleted since: the files are kept.
  expect(await search.post('/items', { ...end, made: null, problem: '{"code":"expired"}' })).toMatchObject({
    body: { item: { status: 'ready', problem: null } },
  });
});

test('when an end is told once more, then the item is as it was, and so is its revision', async () => {
  for (const end of [
    { made: madeOf({ hex: '#d2691e', share: 0.6, name: 'chocolate' }), problem: null },
    { made: null, problem: '{"code":"corrupt_image"}' },
  ]) {
    const command = adding('again', { name: `${end.problem}.jpg` });
    await search.post('/items', command);
    const tell = () => search.post('/items', { do: 'end', tenant: 'again', id: command.id, ...end });
    const first = await tell();
    expect(first).toMatchObject({ status: 200, body: { item: { revision: 2 } } });
    expect(await tell()).toEqual(first);
  }
});

test('when an item is removed, then it is found no more, and its name is free', async () => {
  const id = await addReady(search, 'gone', { name: 'a.jpg', caption: 'A bridge' });
  expect((await search.post('/items', { do: 'remove', tenant: 'gone', id })).status).toBe(200);
  expect(await found(search, 'gone', 'bridge')).toEqual([]);
  expect(await search.post('/items', { do: 'remove', tenant: 'gone', id })).toMatchObject({
    status: 404,
    body: { code: 'not_found' },
  });
  expect((await search.post('/items', adding('gone', { name: 'a.jpg' }))).status).toBe(200);
});

describe('tenants', () => {
  test('when another tenant asks, then nothing is there: to find, to read, to change or to remove', async () => {
    const id = await addReady(search, 'mine', { name: 'secret.jpg', caption: 'A secret garden' });
    expect(await found(search, 'yours', 'garden')).toEqual([]);
    expect(await search.get(`/items?tenant=yours&id=${id}`)).toMatchObject({ body: { items: [] } });
    for (const one of ['change', 'remove', 'end'])
      expect(
        await search.post('/items', { do: one, tenant: 'yours', id, name: 'x', made: null, problem: 'x' }),
      ).toMatchObject({ status: 404 });
    expect(await found(search, 'mine', 'garden')).toEqual(['secret.jpg']);
  });
});

test('when there are many, then they are listed page by page, the newest first', async () => {
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    const command = adding('pages', { name });
    await search.post('/items', command);
    ids.push(command.id);
  }
  const newestFirst = ids.toSorted().toReversed();
  const pageOf = async (query: string) => (await listed(search, `tenant=pages&${query}`)).map(({ id }) => id);
  expect(await pageOf('limit=100')).toEqual(newestFirst);
  expect(await pageOf(`limit=2&before=${newestFirst[1]}`)).toEqual(newestFirst.slice(2, 4));
  expect((await listed(search, 'tenant=pages&name=c')).map(({ name }) => name)).toEqual(['c']);
});

describe('other processes', () => {
  test('when another process changes something, then this one hears of it, and one that starts has read it all', async () => {
    await addReady(search, 'shared', { name: 'first.jpg', caption: 'A windmill' });
    const other = await startSearchOn(search.databaseUrl);
    try {
      expect(await found(other, 'shared', 'windmill')).toEqual(['first.jpg']);
      await addReady(other, 'shared', { name: 'second.jpg', caption: 'Another windmill' });
      while ((await found(search, 'shared', 'windmill')).length < 2) await new Promise((next) => setTimeout(next, 20));
      expect((await found(search, 'shared', 'windmill')).toSorted()).toEqual(['first.jpg', 'second.jpg']);
    } finally {
      await other.stop();
    }
  });
});

test('when PostgreSQL drops its connections, then what is logged tells no secret, and changes are heard of again', async () => {
  const url = new URL(search.databaseUrl);
  url.password = 'a-password-of-the-database';
  const other = await startSearchOn(url.href);
  const owner = new pg.Client({ connectionString: search.databaseUrl });
  await owner.connect();
  const isTold = (msg: string) => other.log.some((line) => line.msg === msg);
  try {
    // One that is in use just then tells its query, and not the pool: again until an idle one has ended.
    while (!isTold('a connection to PostgreSQL broke') || !isTold('the connection that hears of changes broke')) {
      await owner.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'tintype-search%'`,
      );
      await new Promise((next) => setTimeout(next, 100));
    }
    expect(JSON.stringify(other.log)).not.toMatch(/a-password-of-the-database|secretKey|connectionParameters/);
    const hears = `select from pg_stat_activity where application_name = 'tintype-search changes' having count(*) = 2`;
    while ((await owner.query(hears)).rowCount === 0) await new Promise((next) => setTimeout(next, 20));
  } finally {
    await owner.end();
    await other.stop();
  }
});

test('when DATABASE_URL cannot be read, then the service says so, and nothing of what it holds', async () => {
  const unreadable = startSearchOn('postgres://user:a/secret@localhost/name');
  await expect(unreadable).rejects.toThrow(/^DATABASE_URL cannot be read/);
  await expect(unreadable).rejects.not.toThrow(/secret/);
});

test.each([
  ['no command', {}],
  ['an unknown one', { do: 'drop', tenant: 'one', id: newThumbnailId() }],
  ['an id that is none', { ...adding('one', { name: 'x' }), id: "'; drop table items; --" }],
])('when the order is %s, then it is refused', async (_what, body) => {
  expect(await search.post('/items', body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
});

test.each(contractChecks)('when the contract is checked: $name', async ({ run }) => {
  await run(openService(search));
});

test('when a service lacks what the contract asks for, then the checks fail', async () => {
  const elsewhere = openService({ url: `${search.url}/elsewhere` });
  for (const { run } of contractChecks) await expect(run(elsewhere)).rejects.toThrow();
});

test('when words are SQL, or of any script, then they are kept as they are', async () => {
  const words = {
    name: "x'; drop table items; --",
    caption: '猫が公園のベンチに座る 🐈 \\ % _',
    tags: ['"', '{a,b}', "'"],
  };
  const command = adding('odd', words);
  expect(await search.post('/items', command)).toMatchObject({ status: 200, body: { item: words } });
});
