/** `npm run unreadable`: what an operator sees of records that nobody can read. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { documentedKeys as keys } from '@tintype/testkit';
import { type OwnServices, openOwnServices } from './own-services.ts';
import { until, watchCalls } from './watched-calls.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let services: OwnServices;
beforeAll(async () => {
  services = await openOwnServices();
});
afterAll(() => services.stop());

/** As `npm run unreadable` does, and as a container's command. */
const commands = ['scripts/local/unreadable.ts', 'services/worker/src/unreadable-main.ts'];

async function printed(command: string, redisUrl = services.server.url): Promise<string> {
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const env = { ...inherited, REDIS_URL: redisUrl };
  const { stdout } = await promisify(execFile)(process.execPath, ['--conditions=source', command], { cwd: root, env });
  return stdout;
}

test('when a record cannot be read, then it is listed from when somebody meets it until it is deleted', async () => {
  for (const command of commands) expect(await printed(command)).toBe('No record is known that cannot be read.\n');
  const api = await services.startApi();
  const { call } = watchCalls();
  const { json } = await call('POST', `${api.url}/v1/thumbnails`, { body: { url: 'https://example.org/a.jpg' } });
  const id = String(json.id);
  await services.redis.hset(keys.job(id), 'data', '{"v":99');
  await services.redis.hset(keys.unreadable, 'noted-badly', '{');
  expect((await call('GET', `${api.url}/v1/thumbnails/${id}`)).status).toBe(409);
  const isListed = async (command: string) => new RegExp(`^${id}\t.*\tdefault\t1\t`, 'm').test(await printed(command));
  for (const command of commands) await until(`${command} lists it`, () => isListed(command));
  expect((await call('DELETE', `${api.url}/v1/thumbnails/${id}`)).status).toBe(204);
  for (const command of commands) expect(await printed(command)).not.toContain(id);
});

test.each(commands)('when Redis does not answer, then %s says so and ends with 1', async (command) => {
  await expect(printed(command, 'redis://127.0.0.1:1')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^Redis does not answer \(.*ECONNREFUSED.*\): look at REDIS_URL, and whether it runs\.\n$/,
    ),
  });
});
