/** Feedback, as the API hands it in: a verdict moves the next search, in every process, and can be taken back. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId } from '@tintype/contracts';
import pg from 'pg';
import {
  adding,
  addReady,
  found,
  madeOf,
  type SearchUnderTest,
  startSearchOn,
  startSearchUnderTest,
} from './search-under-test.ts';

let search: SearchUnderTest;
let other: SearchUnderTest;
beforeAll(async () => {
  search = await startSearchUnderTest();
  other = await startSearchOn(search.databaseUrl);
});
afterAll(async () => {
  await other.stop();
  await search.stop();
});

type Entry = { query: string; positive?: string[]; negative?: string[]; positions?: Record<string, number> };

function keeping(tenant: string, voter: string, ...entries: Entry[]) {
  return { do: 'keep', batch: newThumbnailId(), tenant, voter, at: new Date().toISOString(), entries };
}

async function until<Value>(look: () => Promise<Value>, isThere: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await look();
    if (isThere(value)) return value;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Three cats, the newest first while nobody has said anything. */
async function threeCats(tenant: string): Promise<string[]> {
  for (const name of ['c.jpg', 'b.jpg', 'a.jpg']) await addReady(search, tenant, { name, caption: 'a cat' });
  const before = await found(search, tenant, 'cat');
  expect(before).toEqual(['a.jpg', 'b.jpg', 'c.jpg']);
  return before;
}

test('when some voters say which items fit, then the next search has these first, in every process', async () => {
  await threeCats('one');
  expect(await found(other, 'one', 'cat')).toHaveLength(3);
  for (const voter of ['x', 'y', 'z']) {
    const order = keeping('one', voter, { query: 'cat', positive: ['c.jpg', 'gone.jpg'], negative: ['a.jpg'] });
    expect(await search.post('/feedback', order)).toEqual({
      status: 200,
      body: { accepted: 3, unknown: ['gone.jpg'] },
    });
  }
  expect(await found(search, 'one', 'cat')).toEqual(['c.jpg', 'b.jpg', 'a.jpg']);
  await until(
    () => found(other, 'one', 'cat'),
    (names) => names[0] === 'c.jpg',
  );
});

test('when one address invents voters, then they do not outvote a few who are known', async () => {
  await threeCats('stuffed');
  const entry = { query: 'cat', positive: ['c.jpg'], negative: ['a.jpg'] };
  for (let at = 0; at < 30; at++) {
    const order = { ...keeping('stuffed', `invented ${at}`, entry), network: 'one address' };
    expect((await search.post('/feedback', order)).status).toBe(200);
  }
  for (let at = 0; at < 8; at++) {
    await search.post(
      '/feedback',
      keeping('stuffed', `known ${at}`, { query: 'cat', positive: ['a.jpg'], negative: ['c.jpg'] }),
    );
  }
  expect((await found(search, 'stuffed', 'cat'))[0]).toBe('a.jpg');
});

test('when somebody searches for ever other words, then a day has so many queries, and those that it has are counted on', async () => {
  const owner = new pg.Client({ connectionString: search.databaseUrl });
  await owner.connect();
  const tenant = 'many-queries';
  const searchesOf = async () => {
    for (const query of ['known', 'unknown']) await found(search, tenant, query);
    const { body } = await search.get(`/feedback/queries?tenant=${tenant}&limit=1`);
    return body.top;
  };
  try {
    await found(search, tenant, 'known');
    await search.get(`/feedback/queries?tenant=${tenant}&limit=1`);
    await owner.query(`
      insert into query_counts
      select '${tenant}', (now() at time zone 'utc')::date, 'k' || at, 'q', 0, 0 from generate_series(1, 10000) as at`);
    expect(await searchesOf()).toMatchObject([{ query: 'known', searches: 2 }]);
    const { rows } = await owner.query(`select count(*)::int as count from query_counts where tenant = '${tenant}'`);
    expect(rows).toEqual([{ count: 10_001 }]);
  } finally {
    await owner.end();
  }
});

test('when a batch is undone, then the order is as before it, and sent again it changes nothing', async () => {
  const before = await threeCats('two');
  await search.post('/feedback', keeping('two', 'x', { query: 'cat', positive: ['b.jpg'] }));
  const between = await found(search, 'two', 'cat');
  expect(between).toEqual(['b.jpg', 'a.jpg', 'c.jpg']);
  const second = keeping('two', 'x', { query: 'cat', negative: ['b.jpg'] });
  await search.post('/feedback', second);
  expect(await found(search, 'two', 'cat')).toEqual(['a.jpg', 'c.jpg', 'b.jpg']);
  const undo = { do: 'undo', batch: second.batch };
  expect(await search.post('/feedback', undo)).toEqual({ status: 200, body: { accepted: 1, unknown: [] } });
  expect(await found(search, 'two', 'cat')).toEqual(between);
  expect((await search.post('/feedback', undo)).body).toEqual({ accepted: 0, unknown: [] });
  await search.post('/feedback', second);
  expect(await found(search, 'two', 'cat')).toEqual(between);
  const { body } = await search.get('/feedback/batches?tenant=two&limit=10');
  expect(body.batches).toMatchObject([
    { id: second.batch, verdicts: 1, undoneAt: expect.any(String) },
    { verdicts: 1, unknown: 0, undoneAt: null },
  ]);
  const [first] = Array.isArray(body.batches) ? body.batches.slice(1) : [];
  await search.post('/feedback', { do: 'undo', batch: first.id });
  expect(await found(search, 'two', 'cat')).toEqual(before);
  expect(await search.post('/feedback', { do: 'undo', batch: newThumbnailId() })).toMatchObject({ status: 404 });
});

test('when one batch comes twice, or a voter says the same again, then it counts once', async () => {
  await threeCats('three');
  const batch = keeping('three', 'x', { query: 'cat', positive: ['c.jpg'] });
  await Promise.all([batch, batch, batch].map((order) => search.post('/feedback', order)));
  const once = await search.post('/search', searchFor('three'));
  for (let again = 0; again < 3; again += 1) {
    await search.post('/feedback', keeping('three', 'x', { query: 'Cat', positive: ['c.jpg'] }));
  }
  expect(await search.post('/search', searchFor('three'))).toEqual(once);
  const { body } = await search.get('/feedback/batches?tenant=three&limit=10');
  expect(body.batches).toHaveLength(4);
});

function searchFor(tenant: string) {
  return { find: 'items', tenant, query: 'cat', colour: null, tolerance: 0.1, offset: 0, limit: 20 };
}

test('when the words stand in another order, then it is the same query; another tenant’s is another one', async () => {
  for (const tenant of ['four', 'five']) {
    for (const name of ['b.jpg', 'a.jpg']) await addReady(search, tenant, { name, caption: 'park cat park' });
  }
  await search.post('/feedback', keeping('four', 'x', { query: 'park  CAT', positive: ['b.jpg'] }));
  expect(await found(search, 'four', 'cat park')).toEqual(['b.jpg', 'a.jpg']);
  expect(await found(search, 'five', 'cat park')).toEqual(['a.jpg', 'b.jpg']);
});

test('when an item comes, or gets its name, after the feedback on it, then that counts', async () => {
  const [late] = [await addReady(search, 'six', { name: 'old.jpg', caption: 'a cat' })];
  await addReady(search, 'six', { name: 'a.jpg', caption: 'a cat' });
  await search.post('/feedback', keeping('six', 'x', { query: 'cat', positive: ['later.jpg'] }));
  expect(await found(search, 'six', 'cat')).toEqual(['a.jpg', 'old.jpg']);
  await search.post('/items', { do: 'change', tenant: 'six', id: late, name: 'later.jpg' });
  expect(await found(search, 'six', 'cat')).toEqual(['later.jpg', 'a.jpg']);
  const command = adding('six', { name: 'z.jpg', caption: 'a cat' });
  for (const voter of ['x', 'y', 'z']) {
    await search.post('/feedback', keeping('six', voter, { query: 'cat', positive: ['z.jpg'] }));
  }
  await search.post('/items', command);
  await search.post('/items', { do: 'end', tenant: 'six', id: command.id, made: madeOf(), problem: null });
  expect(await found(search, 'six', 'cat')).toEqual(['z.jpg', 'later.jpg', 'a.jpg']);
});

test('when verdicts are kept, then not who has voted; after 30 days nobody can tell that it was the same', async () => {
  const owner = new pg.Client({ connectionString: search.databaseUrl });
  await owner.connect();
  try {
    const vote = async () => {
      await search.post('/feedback', keeping('seven', 'key:secret-name', { query: 'cat', positive: ['a.jpg'] }));
      const { body } = await search.get('/feedback/batches?tenant=seven&limit=1');
      return Array.isArray(body.batches) ? body.batches[0].voter : null;
    };
    const first = await vote();
    expect(await vote()).toBe(first);
    await owner.query(`update voter_secrets set began_at = began_at - interval '30 days'`);
    expect(await vote()).not.toBe(first);
    expect((await owner.query('select count(*)::int as count from voter_secrets')).rows).toEqual([{ count: 1 }]);
    const kept = await owner.query(
      'select voter, query, name from verdicts union all select voter, tenant, id::text from batches',
    );
    expect(JSON.stringify(kept.rows)).not.toContain('secret-name');
  } finally {
    await owner.end();
  }
});

test('when words are no text for a database, or no words at all, then they are kept all the same', async () => {
  const odd = ['\ud800 cat', '!!!', '🐈', 'x'.repeat(1000), `'; drop table verdicts; --`];
  const order = keeping('eight', 'x', ...odd.map((query) => ({ query, positive: ['\ud800.jpg', 'it’s.jpg'] })));
  expect(await search.post('/feedback', order)).toMatchObject({ status: 200, body: { accepted: 10 } });
  expect((await search.post('/feedback', { ...order, batch: 'x' })).status).toBe(422);
});
