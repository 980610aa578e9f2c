/** A worker that dies or stops in the middle of a job: another one does it, and its timeline says what happened. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { parse, Timeline } from '@tintype/contracts';
import { type Origin, photograph, startOrigin, startService, startTintype, type Tintype } from '@tintype/testkit';
import { endedThumbnail, thumbnailIn } from './calls.ts';

let tintype: Tintype;
let origin: Origin;
let workerEnv: Record<string, string>;
let picture: Buffer;
beforeAll(async () => {
  origin = await startOrigin();
  picture = await photograph(200, 200, 61);
  tintype = await startTintype({ workers: 0 });
  workerEnv = {
    REDIS_URL: tintype.redis.url,
    STORAGE: `disk:${tintype.dataDir}/blobs`,
    FETCH_ALLOW: origin.host,
    SHUTDOWN_MS: '2000',
  };
});
afterAll(async () => {
  await tintype.stop();
  await origin.close();
});

async function submitSlow(name: string): Promise<string> {
  const response = await fetch(`${tintype.url}/v1/thumbnails`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    // Silent when it is asked for the first time; after that the picture is there.
    body: JSON.stringify({ url: origin.url(`/never?${name}`) }),
  });
  return (await thumbnailIn(response)).id;
}

const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 10));
};

test.each([
  ['SIGKILL', 2, ['crashed', 'completed']],
  ['SIGTERM', 1, ['completed']],
] as const)(
  'when the worker of a running job gets %s, then another one does the job, in %i counted attempts',
  async (signal, attempts, outcomes) => {
    const first = await startService('worker', workerEnv);
    const id = await submitSlow(signal);
    await until(() => origin.requests(`/never?${signal}`) === 1);
    origin.serve(`/never?${signal}`, picture);
    first.kill(signal);
    expect(await first.exited).toBe(signal === 'SIGTERM' ? 0 : null);
    const second = await startService('worker', workerEnv);
    const done = await endedThumbnail(tintype.url, id);
    expect(done).toMatchObject({ status: 'completed', attempts });
    const timeline = parse(Timeline, await (await fetch(`${tintype.url}/v1/thumbnails/${id}/timeline`)).json());
    expect(timeline.attempts.map(({ attempt, outcome }) => [attempt, outcome])).toEqual(
      outcomes.map((outcome, index) => [index + 1, outcome]),
    );
    second.kill('SIGTERM');
    expect(await second.exited).toBe(0);
  },
);
