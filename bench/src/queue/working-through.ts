/** The part of the suite `backlog` about a worker: what taking and ending a job costs while so many wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ThumbnailJobData } from '@tintype/contracts';
import { readTreeCpuMs } from '@tintype/testkit';
import type { PictureUrls } from '../picture-urls.ts';
import { openRedisGauge } from '../redis-figures.ts';
import { type CleanUp, createCleanUp } from './clean-up.ts';
import { startQueueRig } from './queue-rig.ts';
import { thumbnailOf } from './timed-calls.ts';

/** For each picture: CPU of the worker and of Redis, and of that Redis' scripts, the one that adds the job included. */
export type PictureFigures = { cpuMs: number; redisMs: number };

const warmUpJobs = 300;
const measuredJobs = 600;
/** Active jobs of a worker by default; they wait no more. */
const active = 40;
const lookIntervalMs = 20;

/** A worker is kept busy, and the queue as long as it was: for each job that ends one is added. */
export async function measureWorkingThrough(
  depth: number,
  urls: PictureUrls,
  cleanUp: CleanUp,
): Promise<PictureFigures> {
  const own = createCleanUp();
  cleanUp.add(own.run);
  const rig = await startQueueRig([urls.host], depth, own);
  const gauge = openRedisGauge(rig.redisUrl);
  own.add(gauge.close);
  const first = thumbnailOf(await rig.calls.A.submit({ url: `http://${urls.host}/small/0/first` }));
  const template = await rig.filling.dataOf(first.id);
  let serial = 0;
  const add = async (count: number) => {
    const jobs = Array.from({ length: count }, (): ThumbnailJobData => {
      return { ...template, source: { url: `http://${urls.host}/small/${serial++}/${depth}` } };
    });
    await rig.filling.add(jobs);
  };
  await add(depth + active - 1);
  await rig.startWorker();
  let completed = 0;
  const untilCompleted = async (count: number) => {
    while (completed < count) {
      await sleep(lookIntervalMs);
      const now = await rig.completed();
      await add(now - completed);
      completed = now;
    }
  };
  await untilCompleted(warmUpJobs);
  const before = { jobs: completed, cpuMs: readTreeCpuMs(rig.pids()), redis: await gauge.read() };
  await untilCompleted(completed + measuredJobs);
  const jobs = completed - before.jobs;
  const figures = {
    cpuMs: (readTreeCpuMs(rig.pids()) - before.cpuMs) / jobs,
    redisMs: ((await gauge.read()).scriptUs - before.redis.scriptUs) / 1000 / jobs,
  };
  await own.run();
  return figures;
}
