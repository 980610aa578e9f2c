/** Who may ask the search service, and who may touch its database. */
import { expect, test } from '@jest/globals';
import pg from 'pg';
import { adding, startSearchOn, startSearchUnderTest } from './search-under-test.ts';

const token = 'a-token-of-enough-length';

test('when a token is set, then nobody asks without it, and everybody may look at its health', async () => {
  const search = await startSearchUnderTest({ SEARCH_TOKEN: token });
  try {
    expect((await search.post('/items', adding('one', { name: 'a' }))).status).toBe(200);
    for (const authorization of [undefined, 'Bearer wrong', token]) {
      const response = await fetch(`${search.url}/items?tenant=one`, {
        headers: { ...(authorization !== undefined && { authorization }) },
      });
      expect([response.status, await response.json()]).toEqual([
        401,
        expect.objectContaining({ code: 'unauthorized' }),
      ]);
    }
    expect((await fetch(`${search.url}/livez`)).status).toBe(200);
    expect((await fetch(`${search.url}/readyz`)).status).toBe(200);
    expect(await (await fetch(`${search.url}/metrics`)).text()).toContain('tintype_library_items 0');
  } finally {
    await search.stop();
  }
});

test('when the tables are there, then the service may write rows alone, and other users are not let in', async () => {
  const search = await startSearchUnderTest();
  const owner = new pg.Client({ connectionString: search.databaseUrl });
  await owner.connect();
  try {
    await owner.query('create role api login');
    const url = new URL(search.databaseUrl);
    const other = new pg.Client({
      user: 'api',
      database: url.pathname.slice(1),
      host: url.searchParams.get('host') ?? url.hostname,
      port: Number(url.port || 5432),
    });
    await expect(other.connect()).rejects.toThrow('permission denied for database');
    await owner.query('set role postgres_rows');
    await owner.query('select count(*) from items');
    for (const wrong of [
      'drop table items',
      'create table mine (a int)',
      'alter table items add a int',
      'truncate items',
    ])
      await expect(owner.query(wrong)).rejects.toThrow(/must be owner|permission denied/);
  } finally {
    await owner.end();
    await search.stop();
  }
});

test('when a newer release has changed the database, then this one does not start, and says so', async () => {
  const search = await startSearchUnderTest();
  const owner = new pg.Client({ connectionString: search.databaseUrl });
  await owner.connect();
  try {
    await owner.query(`insert into kysely_migration (name, timestamp) values ('9999-later', '2030-01-01')`);
    await expect(startSearchOn(search.databaseUrl)).rejects.toThrow(
      'a newer release has changed this database (9999-later)',
    );
  } finally {
    await owner.end();
    await search.stop();
  }
});
