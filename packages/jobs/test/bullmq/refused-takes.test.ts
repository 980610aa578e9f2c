/** Whatever Redis answers a worker that asks for a job, it asks again after a pause, and nothing is lost. */
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { freePort, type Relay, someOf, startRelay } from '@tintype/testkit';
import { jobResult, type QueueUnderTest, startQueueUnderTest } from '../queue-under-test.ts';

let under: QueueUnderTest;
let relay: Relay;
beforeAll(async () => {
  under = await startQueueUnderTest();
  const port = await freePort();
  await under.producer.config('SET', 'port', port);
  relay = await startRelay(port);
});
afterEach(async () => {
  relay.refuseWith(null);
  await under.closeWorkers(0);
});
afterAll(async () => {
  await under.stop();
  await relay.stop();
});

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const isEnded = ({ finishedAtMs }: { finishedAtMs: number | null }) => finishedAtMs !== null;

/** Each second there may be a line for each that asks by itself: the beat, the locks, the look for the dead, the take. */
const mostErrorsPerSecond = 8;

const refusals = [
  'MOVED 1234 127.0.0.1:1',
  'MASTERDOWN Link with MASTER is down',
  'NOAUTH Authentication required.',
  'NOPERM this user has no permissions',
  'TRYAGAIN Multiple keys request during rehashing of slot',
  'SOMETHING that no version has said so far',
];

test.each(someOf([...refusals, 'ERR of a kind that nobody has thought of'], 3))(
  'when an idle worker is refused everything with %s, then it asks again now and then, and begins what there is after that',
  async (error) => {
    const errors: unknown[] = [];
    under.work(async () => jobResult, { error: (err) => void errors.push(err) }, 4, relay.url);
    await pause(200);
    relay.refuseWith(error);
    const ids = await Promise.all([1, 2, 3].map(() => under.add()));
    await pause(2000);
    expect(errors.length).toBeLessThan(2 * mostErrorsPerSecond);
    while (errors.length === 0) await pause(5);
    relay.refuseWith(null);
    for (const id of ids) expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
  },
);

test.each(someOf(refusals, 3))(
  'when the end of a job is refused with %s, then the job is completed later, at its first attempt',
  async (error) => {
    const gate = Promise.withResolvers<void>();
    const work = () => gate.promise.then(() => jobResult);
    under.work(work, {}, 4, relay.url);
    const id = await under.add();
    await under.until(id, ({ status }) => status === 'processing');
    relay.refuseWith(error);
    gate.resolve();
    await pause(500);
    relay.refuseWith(null);
    expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
  },
);

test('when an idle worker may not wait for work, then it tries now and then, and begins what there is once it may', async () => {
  const errors: unknown[] = [];
  await under.producer.call('ACL', 'SETUSER', 'limited', 'on', '>secret', '~*', '&*', '+@all', '-bzpopmin');
  const url = relay.url.replace('//', '//limited:secret@');
  under.work(async () => jobResult, { error: (err) => void errors.push(err) }, 4, url);
  await pause(2000);
  expect(errors.length).toBeLessThan(2 * mostErrorsPerSecond);
  while (errors.length === 0) await pause(5);
  const id = await under.add();
  await under.producer.call('ACL', 'SETUSER', 'limited', '+bzpopmin');
  expect(await under.until(id, isEnded)).toMatchObject({ status: 'completed', attempts: 1 });
});

test('when a worker is stopped while it is refused everything, then it ends', async () => {
  const worker = under.work(async () => jobResult, {}, 4, relay.url);
  await pause(200);
  relay.refuseWith('NOPERM this user has no permissions');
  await pause(1000);
  await worker.close(100);
});
