/** `npm run reconcile`: what a crash has left of files and notes is gone afterwards, and nothing else. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { newThumbnailId } from '@tintype/contracts';
import { documentedKeys as keys, photograph } from '@tintype/testkit';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import { watchCalls } from './watched-calls.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let services: OwnServices;
let api: ApiService;
beforeAll(async () => {
  services = await openOwnServices();
  [api] = await Promise.all([services.startApi(), services.startWorker()]);
});
afterAll(() => services.stop());

async function printed(command: string, redisUrl = services.server.url): Promise<string> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = { ...inherited, REDIS_URL: redisUrl, STORAGE: `disk:${services.dataDir}/blobs` };
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', command], { cwd: root, env });
  return stdout;
}

/** As `npm run reconcile` does, and as a container's command. */
const commands = ['scripts/local/reconcile.ts', 'services/worker/src/reconcile-main.ts'];

test.each(commands)('when a job is gone whose file was left, then %s erases it, and no other', async (command) => {
  const form = new FormData();
  form.set('file', new Blob([Uint8Array.from(await photograph(60, 40))]), 'a.jpg');
  const { json } = await watchCalls().call('POST', `${api.url}/v1/thumbnails?wait=20`, { body: form });
  const sha256 = createHash('sha256').update(command).digest('hex');
  const path = `${services.dataDir}/blobs/${sha256.slice(0, 2)}/${sha256}`;
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, command);
  await services.redis.hset(keys.referrers(sha256), newThumbnailId(0, Date.now() - 86_400_000), 1);
  expect(await printed(command)).toBe(
    [
      '1 notes of jobs that are gone were dropped',
      '0 files that nobody needs were erased',
      '0 jobs that stood nowhere are in the queue again',
      '0 entries of jobs that have not failed were dropped from the index of failures',
      '0 batches that nothing would have removed will go when they expire',
      '0 entries in the lists of jobs were put right',
      '0 entries of sources whose job is gone were dropped',
      '0 corrections were made to the counters of what tenants keep\n',
    ].join('\n'),
  );
  await expect(access(path)).rejects.toThrow('ENOENT');
  expect((await fetch(String(json.resized_url).replace(/^http:\/\/[^/]+/, api.url))).status).toBe(200);
});

test.each(commands)('when Redis does not answer, then %s says so and ends with 1', async (command) => {
  await expect(printed(command, 'redis://127.0.0.1:1')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^It could not be finished \(.*\): look at REDIS_URL and STORAGE\.\n$/),
  });
});
