/** The parts of the suite `fairness` that look at the order in which jobs are completed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ThumbnailJobData } from '@tintype/contracts';
import { median } from '../statistics.ts';
import type { Made, QueueRig, Tenant } from './queue-rig.ts';
import { thumbnailOf } from './timed-calls.ts';

export type Stage = {
  /** Its worker has not begun. */
  rig: QueueRig;
  /** URLs that were not asked for before. */
  takeUrls: (count: number) => string[];
  onProgress: (done: number, total: number) => void;
};

/** Completions before anything is looked at: the worker is warm and has its hands full. */
const warmUp = 150;
/** Single jobs whose turn is looked at, one after the other: fewer where the backlog would be done before. */
const probesOf = (backlog: number) => Math.max(3, Math.min(15, Math.floor(backlog / 250)));
const pauseMs = 200;
/** After the first job of a lower lane, its share is taken over so many completions. */
const shareWindow = 250;
/** Different pictures where there are to be many jobs at little cost: the others are done from memory. */
const repeated = 200;

export type Overtaking = {
  /** For how long one job is active, at the median. */
  jobMs: number;
  /** Of each single job: jobs that were completed while it waited, and for how long it did. */
  probes: { ahead: number; ms: number }[];
};

/** Data like that of a job which the API has made; that one is done first. */
async function templateOf({ rig, takeUrls }: Stage, tenant: Tenant): Promise<ThumbnailJobData> {
  const [url = ''] = takeUrls(1);
  return rig.filling.dataOf(thumbnailOf(await rig.calls[tenant].submit({ url })).id);
}

/**
 * Puts a backlog of tenant A into the queue, and then single jobs through the API, one at a time: how many of the
 * backlog are completed between the POST and the end of each, and how long that takes. The backlog is `low` where the
 * tenant is the same.
 */
export async function measureOvertaking(
  stage: Stage,
  backlog: number,
  tenant: Tenant,
  priority: 'normal' | 'high',
): Promise<Overtaking> {
  const { rig, takeUrls, onProgress } = stage;
  const template = await templateOf(stage, 'A');
  const data = { ...template, priority: tenant === 'A' ? 'low' : template.priority } as const;
  await rig.filling.add(takeUrls(backlog).map((url) => ({ ...data, source: { url } })));
  await rig.startWorker();
  await rig.untilCompleted(warmUp);
  const made: Made[] = [];
  const probes = probesOf(backlog);
  for (const url of takeUrls(probes)) {
    made.push(await rig.make(tenant, { url, priority }));
    onProgress(made.length, probes);
    await sleep(pauseMs);
  }
  const completions = await rig.completions();
  if (completions.length > backlog) throw new Error('the backlog was done before the measurement: queue more');
  const active = await Promise.all(completions.slice(warmUp).map(({ id }) => rig.filling.activeMs(id)));
  return {
    jobMs: median(active.filter((ms) => ms !== null)),
    probes: made.map(({ id, createdAtMs, completedAtMs }) => ({
      ahead: completions.filter((one) => one.id !== id && one.atMs > createdAtMs && one.atMs <= completedAtMs).length,
      ms: completedAtMs - createdAtMs,
    })),
  };
}

/** B's part of what is completed while both have jobs in the queue, all of A's before all of B's; in percent. */
export async function measureShares(stage: Stage, jobsEach: number): Promise<number> {
  const { rig, takeUrls, onProgress } = stage;
  const [a, b] = [await templateOf(stage, 'A'), await templateOf(stage, 'B')];
  await rig.filling.add(takeUrls(jobsEach).map((url) => ({ ...a, source: { url } })));
  const ofB = new Set(await rig.filling.add(takeUrls(jobsEach).map((url) => ({ ...b, source: { url } }))));
  await rig.startWorker();
  const looked = Math.floor((jobsEach * 2) / 3);
  await rig.untilCompleted(looked, (done) => onProgress(done, looked));
  const first = (await rig.completions()).slice(0, looked);
  return (100 * first.filter(({ id }) => ofB.has(id)).length) / looked;
}

/**
 * Jobs of a lower lane, behind so many high ones that they do not end: how many high ones are completed before the
 * first of the lane, and the lane's share of what is completed after it, in percent.
 */
export async function measureLane(
  stage: Stage,
  lane: 'normal' | 'low',
  highs: number,
): Promise<{ before: number; sharePercent: number }> {
  const { rig, takeUrls, onProgress } = stage;
  const template = await templateOf(stage, 'A');
  const urls = takeUrls(repeated);
  const jobs = (count: number, priority: ThumbnailJobData['priority']) =>
    Array.from({ length: count }, (_, index) => ({
      ...template,
      priority,
      source: { url: urls[index % repeated] ?? '' },
    }));
  const ofLane = new Set(await rig.filling.add(jobs(shareWindow, lane)));
  const needed = highs + shareWindow;
  await rig.filling.add(jobs(needed + shareWindow, 'high'));
  await rig.startWorker();
  await rig.untilCompleted(needed, (done) => onProgress(done, needed));
  const completions = await rig.completions();
  const before = completions.findIndex(({ id }) => ofLane.has(id));
  if (before < 0) return { before: completions.length, sharePercent: 0 };
  const next = completions.slice(before, before + shareWindow);
  return { before, sharePercent: (100 * next.filter(({ id }) => ofLane.has(id)).length) / next.length };
}
