/** What a case says of itself and what became of it, for every kind of attack. */
import type { ProblemCode } from '@tintype/contracts';
import { seededRandom } from '@tintype/testkit';
import type { ClassLoops, Span } from './loops.ts';
import type { Rig } from './rig.ts';

/** How a job may end: with a thumbnail, or with a problem of the catalogue. */
export type Verdict = 'passes' | ProblemCode;

/** Cases of one sort; the table has a row for each. */
export type CaseClass<Case> = {
  name: string;
  /** How many are run side by side, where it is not as many as of their kind. */
  atOnce?: number;
  cases: readonly Case[];
};

/** A case that can be run. */
export type Attack = { name: string; isSlow?: boolean | undefined; run(rig: Rig): Promise<CaseResult> };

/** A class of them; they are run side by side, at most so many at once. */
export type AttackClass = { kind: CaseKind; name: string; atOnce: number; attacks: readonly Attack[] };

export type CaseResult = {
  name: string;
  ok: boolean;
  /** It was right, and came later than was promised. */
  isLate?: boolean;
  /** What would have been right, in words. */
  expected: string;
  got: string;
  /** From handing in to the end. */
  ms: number;
};

export const caseKinds = ['files', 'jpegs', 'sources', 'clients', 'document', 'tenants', 'readers', 'quotas'] as const;
export type CaseKind = (typeof caseKinds)[number];

export type ClassResult = {
  kind: CaseKind;
  name: string;
  results: (CaseResult & Span)[];
  /** Most that the worker held at one time while the class ran; freed memory is kept for a while. */
  workerBytes: number;
  /** The same with its children, sampled. */
  treeBytes: number;
  loops: ClassLoops;
};

/** The result of a case that is judged by its verdict. */
export function judge(name: string, right: readonly Verdict[], got: string, ms: number): CaseResult {
  return { name, ok: right.some((verdict) => verdict === got), expected: right.join(' or '), got, ms };
}

/**
 * So many cases, evenly spread over the class, and none that take their time; `mostSlow` of those where there is nothing
 * else.
 */
export function sampleOf<Case extends { isSlow?: boolean | undefined }>(
  cases: readonly Case[],
  most: number,
  mostSlow = 0,
): Case[] {
  const quick = cases.filter(({ isSlow }) => !isSlow);
  const [pool, size] = quick.length > 0 ? [quick, most] : [cases, mostSlow];
  const step = Math.max(1, pool.length / size);
  return pool.filter((_case, i) => Math.floor(i / step) !== Math.floor((i - 1) / step)).slice(0, size);
}

/** Whole numbers below a bound, the same ones in every run. */
export function seededIntegers(seed: number): (below: number) => number {
  const random = seededRandom(seed);
  return (below) => Math.floor(random() * below);
}
