/** What released versions have written is read as they read it, served, and carried on. */
import { createHash } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from '@tintype/contracts';
import { documentedKeys as keys } from '@tintype/testkit';
import Type from 'typebox';
import {
  loadReleasedRecords,
  type ReleasedRecord,
  readReleasedBlobs,
  readReleasedRecords,
} from '../../jobs/test/fixtures/released-records.ts';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { formOf, until, watchCalls } from './watched-calls.ts';

/** As at the recording: it is in the answers. */
const publicUrl = 'http://localhost:3000';
const adminKey = 'the-key-of-whoever-reads-records';

const WithSource = Type.Object({ source: Type.Object({ sha256: Type.String() }) });

const versions = ['0.1.0'];
const recorded = new Map(
  await Promise.all(versions.map(async (version) => [version, await readReleasedRecords(version)] as const)),
);

describe.each(versions)('version %s', (version) => {
  const records = recorded.get(version) ?? [];
  const { call, serverErrors } = watchCalls();
  let services: OwnServices;
  let api: ApiService;
  beforeAll(async () => {
    services = await openOwnServices({ PUBLIC_URL: publicUrl, API_KEYS: `reader:${adminKey}:admin` });
    await loadReleasedRecords(services.redis, records);
    for (const [sha256, bytes] of Object.entries(await readReleasedBlobs(version))) {
      const folder = `${services.dataDir}/blobs/${sha256.slice(0, 2)}`;
      await mkdir(folder, { recursive: true });
      await writeFile(`${folder}/${sha256}`, bytes, 'base64');
    }
    api = await services.startApi();
  });
  afterAll(async () => {
    await services.stop();
    expect(serverErrors).toEqual([]);
  });

  const recordOf = (name: string): ReleasedRecord => {
    const found = records.find((record) => record.case === name);
    if (!found) throw new Error(`${name} was not recorded`);
    return found;
  };
  const idOf = (name: string) => recordOf(name).id ?? '';
  const get = (path: string, headers = {}) => call('GET', `${api.url}${path}`, { headers });
  const own = (name: string) => `/v1/thumbnails/${idOf(name)}`;
  const thumbnails = records.filter(({ id, keys: left }) => left.some(({ key }) => key === keys.job(id ?? '')));

  /** What 0.1.0 said, but for a picture's address where none came to be, and pauses between attempts as queue time. */
  const kept = (body: Record<string, unknown>): unknown => {
    const hasNone = body.status === 'failed' || body.status === 'cancelled';
    const isGone = (name: string) =>
      (name === 'resized_url' && hasNone) || (name === 'queued_ms' && Number(body.attempts) > 1);
    return JSON.parse(JSON.stringify(body), (name, value) => (isGone(name) ? undefined : value));
  };

  test.each(records.filter(({ answers }) => answers.length > 0))(
    'when $case is read, then the answers are those which that version gave',
    async ({ id, answers }) => {
      const dueMs = id === null ? null : await services.redis.zscore(keys.expiry, id);
      const isDue = dueMs !== null && Number(dueMs) <= Date.now();
      for (const { path, status, body } of answers) {
        const answer = await get(path);
        expect([path, answer.status]).toEqual([path, isDue ? 410 : status]);
        // Of a problem the code is a promise, and its words are not.
        if (!isDue)
          expect(answer.json).toMatchObject(body.code === undefined ? Object(kept(body)) : { code: body.code });
      }
    },
  );

  test('when a completed one’s file is asked for, then it is the file that its resource names', async () => {
    const completed = thumbnails.filter(({ answers }) => answers[0]?.body.renditions !== undefined);
    expect(completed.length).toBeGreaterThanOrEqual(5);
    for (const { id, answers } of completed) {
      const file = await get(`/v1/thumbnails/${id}/file`);
      const isColoursOnly = JSON.stringify(answers[0]?.body.renditions) === '[]';
      expect([id, file.status]).toEqual([id, isColoursOnly ? 404 : 200]);
      if (isColoursOnly) continue;
      const sha256 = createHash('sha256').update(file.bytes).digest('hex');
      expect(answers[0]?.body).toMatchObject({ renditions: [{ sha256, bytes: file.bytes.length }] });
    }
  });

  test('when a key of that version is used, then it is known, and listed with the others', async () => {
    const { id, client } = recordOf('api-key');
    const headers = { authorization: `Bearer ${client.key}` };
    const token = await call('POST', `${api.url}/v1/tokens`, { body: {}, headers });
    expect([token.status, token.json]).toMatchObject([200, { tenant: 'shop-1', scopes: ['thumbnails', 'colours'] }]);
    const list = await get('/v1/keys', { authorization: `Bearer ${adminKey}` });
    expect(list.json).toMatchObject({ data: [{ id, name: 'shop', last_used_at: expect.any(String) }] });
  });

  test('when a request of that version is sent again, then it is answered as the first time', async () => {
    const { client } = recordOf('idempotency');
    const headers = { 'idempotency-key': client['idempotency-key'] ?? '' };
    const again = await call('POST', `${api.url}/v1/thumbnails`, { headers, body: JSON.parse(client.body ?? '') });
    expect([again.status, again.headers.get('idempotent-replayed'), again.json.id]).toEqual([
      202,
      'true',
      idOf('queued-url'),
    ]);
  });

  describe('carried on', () => {
    const madeHere: string[] = [];
    const status = async (name: string) => (await get(own(name))).json.status;

    test('when a worker comes, then what waited is done as it was asked for, and what was due goes', async () => {
      await services.redis.zadd(keys.expiry, 1, idOf('expired'));
      await services.redis.zadd(keys.delayed, 4096, idOf('waits-for-next-attempt'));
      await services.startWorker();
      await until('the upload is done', async () => (await status('queued-upload-every-option')) === 'completed');
      expect((await get(own('queued-upload-every-option'))).json).toMatchObject({
        renditions: [{ width: 32, height: 24, format: 'webp' }],
        metadata: { order: 'a-17', pages: 3, paid: true },
        cache: 'miss',
      });
      // Their source is nowhere to be had: it is enough that each of them comes to an end.
      for (const name of ['queued-url', 'waits-after-retry', 'waits-for-next-attempt', 'held-by-a-dead-worker']) {
        await until(`${name} has ended`, async () => (await status(name)) === 'failed');
      }
      for (const name of ['expired', 'deleted']) {
        const isGone = async () => (await services.redis.exists(keys.job(idOf(name)))) === 0;
        await until(`${name} is swept`, isGone);
        expect((await get(own(name))).status).toBe(410);
      }
    });

    test('when the same picture comes again, then it comes out the same', async () => {
      const { bytes } = await get(`${own('completed-webp-transparent')}/file`);
      const made = parse(WithSource, recordOf('completed-webp-transparent').answers[0]?.body);
      const picture = Buffer.from((await readReleasedBlobs(version))[made.source.sha256] ?? '', 'base64');
      const fields = { width: '32', height: '24' };
      const again = await call('POST', `${api.url}/v1/thumbnails?wait=20`, { body: formOf(picture, fields) });
      madeHere.push(String(again.json.id));
      expect([again.status, again.json]).toMatchObject([200, { status: 'completed' }]);
      expect((await get(`/v1/thumbnails/${again.json.id}/file`)).bytes).toEqual(bytes);
    });

    test('when one that had failed is retried, then it is tried again; all of a code too', async () => {
      expect((await call('POST', `${api.url}${own('failed-permanently')}/retry`)).status).toBe(202);
      const all = await call('POST', `${api.url}/v1/thumbnails/retry?code=source_status`);
      expect(all.json).toMatchObject({ retried: 1, remaining: 0 });
      for (const name of ['failed-permanently', 'failed-after-four-attempts']) {
        await until(`${name} has ended again`, async () => (await status(name)) === 'failed');
      }
    });

    test('when everything is deleted, then nothing of it is left', async () => {
      for (const id of [...thumbnails.map(({ id }) => id), ...madeHere]) {
        expect([id, (await call('DELETE', `${api.url}/v1/thumbnails/${id}`)).status]).toEqual([id, 204]);
        expect([id, (await get(`/v1/thumbnails/${id}`)).status]).toEqual([id, 410]);
      }
      const left = async () => [
        ...(await services.redis.keys('*:blob:*')),
        ...(await services.redis.keys('*:failures:*')),
        ...(await readdir(`${services.dataDir}/blobs`, { recursive: true })).filter((path) => path.length > 60),
      ];
      await until('files and their indexes are gone', async () => (await left()).length === 0);
    });
  });
});
