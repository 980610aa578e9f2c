/** One tenant reads large answers slowly: the API stays small, and another one's are answered as if it were alone. */
import { readdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readPeakResidentBytes, readResidentBytes, resetPeakResidentBytes } from '@tintype/testkit';
import type { Attack, AttackClass, CaseResult } from '../case.ts';
import { noisyJpeg } from '../files/largest-pictures.ts';
import type { Rig } from '../rig.ts';
import { besideBound } from '../tenants/attacks.ts';
import { floodAttacks } from './floods.ts';
import { type LargestAnswer, makeLargestAnswers } from './largest-answers.ts';
import { openSlowReaders } from './slow-readers.ts';

const readers = 200;
/** What the API may hold under them. */
export const apiBytes = 300e6;
const [alone, beside] = [2, 2];
/** The readers have their first bytes by then, and the API has passed on all that they take. */
const [settleMs, patienceMs] = [300, 8000];
/** Files and connections that come and go by themselves. */
const strayDescriptors = 10;

type Made = { greedy: LargestAnswer[]; modest: LargestAnswer[] };

/** Must be run in order, one at a time. */
export async function readerAttacks(rig: Rig): Promise<AttackClass[]> {
  const { tenants } = rig;
  const source = await noisyJpeg(8000, 1999);
  const made: Made = {
    greedy: await makeLargestAnswers(rig, tenants.greedy, source),
    modest: await makeLargestAnswers(rig, tenants.modest, source),
  };
  const each = made.greedy.map((answer, at) =>
    attackOf(answer.name, [answer], made.modest.slice(at, at + 1), answer.isFirst ?? false),
  );
  const all = attackOf('all of these', made.greedy, made.modest, true);
  return [{ kind: 'readers', name: `${readers} that read slowly`, atOnce: 1, attacks: [...each, all] }, floodAttacks()];
}

function attackOf(
  name: string,
  greedy: readonly LargestAnswer[],
  modest: readonly LargestAnswer[],
  isFresh: boolean,
): Attack {
  return {
    name,
    isSlow: true,
    async run(rig) {
      if (isFresh) await rig.restartApi();
      return readSlowly(rig, name, greedy, modest);
    },
  };
}

async function readSlowly(
  rig: Rig,
  name: string,
  greedy: readonly LargestAnswer[],
  modest: readonly LargestAnswer[],
): Promise<CaseResult> {
  const aloneMs = await timesOf(rig, modest, alone);
  const restBytes = readResidentBytes([rig.apiPid()]);
  const descriptors = descriptorsOf(rig.apiPid());
  resetPeakResidentBytes(rig.apiPid());
  const slow = openSlowReaders(rig, greedy, readers);
  try {
    const statuses = await settled(slow.statuses);
    const besideMs = await timesOf(rig, modest, beside);
    const peakBytes = readPeakResidentBytes(rig.apiPid());
    slow.stop();
    const left = await descriptorsLeft(rig.apiPid(), descriptors);
    return judgeReaders(name, { aloneMs, besideMs, restBytes, peakBytes, statuses, left });
  } finally {
    slow.stop();
  }
}

/** All have begun to be answered, or will not be. */
async function settled(statusesOf: () => Map<number, number>): Promise<Map<number, number>> {
  const sum = () => [...statusesOf().values()].reduce((total, count) => total + count, 0);
  for (const endMs = Date.now() + patienceMs; sum() < readers && Date.now() < endMs; ) await sleep(50);
  await sleep(settleMs);
  return new Map(statusesOf());
}

/** How long each of the answers takes at the most, one after the other; throws when one is not whole. */
async function timesOf(rig: Rig, answers: readonly LargestAnswer[], times: number): Promise<number[]> {
  const slowest: number[] = [];
  for (const { name, path, headers } of answers) {
    const all: number[] = [];
    for (let at = 0; at < times; at++) all.push(await timeOf(rig, name, path, headers));
    slowest.push(Math.max(...all));
  }
  return slowest;
}

async function timeOf(rig: Rig, name: string, path: string, headers: Readonly<Record<string, string>>) {
  const startedMs = performance.now();
  const response = await fetch(`${rig.url}${path}`, { headers, signal: AbortSignal.timeout(30_000) });
  let bytes = 0;
  for await (const chunk of response.body ?? []) bytes += chunk.length;
  const length = response.headers.get('content-length');
  if (!response.ok || (length !== null && bytes !== Number(length))) {
    throw new Error(`${name}: the other tenant was answered with ${response.status} and ${bytes} bytes`);
  }
  return performance.now() - startedMs;
}

function descriptorsOf(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

/** How many more there are than before, once all who hung up are noticed. */
async function descriptorsLeft(pid: number, before: number): Promise<number> {
  const more = () => Math.max(0, descriptorsOf(pid) - before);
  for (const endMs = Date.now() + patienceMs; more() > strayDescriptors && Date.now() < endMs; ) await sleep(50);
  return more();
}

export type ReadersFigures = {
  /** Of each answer. */
  aloneMs: readonly number[];
  besideMs: readonly number[];
  /** What the API held before the readers came, and at the most while they read. */
  restBytes: number;
  peakBytes: number;
  statuses: ReadonlyMap<number, number>;
  /** Descriptors that the API did not close. */
  left: number;
};

/** Whoever reads slowly may be refused by the problem for that, and not otherwise. */
export function judgeReaders(name: string, figures: ReadersFigures): CaseResult {
  const { aloneMs, besideMs, restBytes, peakBytes, statuses, left } = figures;
  const bounds = aloneMs.map((ms) => besideBound.times * ms + besideBound.plusMs);
  const isQuick = besideMs.every((ms, at) => ms <= (bounds[at] ?? 0));
  const areRight = [...statuses.keys()].every((status) => [200, 206, 429].includes(status));
  const answered = [...statuses].map(([status, count]) => `${count} × ${status}`).join(', ');
  const [rest, peak] = [restBytes, peakBytes].map((bytes) => (bytes / 1e6).toFixed(0));
  const [most, ownMs] = [Math.max(...besideMs), Math.max(...aloneMs)].map((ms) => ms.toFixed(0));
  return {
    name,
    ok: areRight && peakBytes <= apiBytes && left <= strayDescriptors,
    isLate: !isQuick,
    expected: `≤ ${apiBytes / 1e6} MB, 5 × alone + 1 s, nothing left open`,
    got: `API ${rest}, then ${peak} MB; alone ${ownMs} ms, beside ${most} ms; ${answered}; ${left} left open`,
    ms: Math.max(...besideMs),
  };
}
