/** Runs every method over the generated pictures of one or several seeds. */
import { performance } from 'node:perf_hooks';
import type { Answer, Contender } from './contender.ts';
import { exactFamilies, type FamilyName, generatePicture } from './families.ts';
import { readSubject, type Subject, timingSample } from './sampling.ts';
import { type Score, scoreAnswer } from './score.ts';

/** Pictures of each family per seed. */
export const picturesPerFamily = 8;

export type ArtResult = {
  seed: number;
  family: FamilyName;
  index: number;
  contender: string;
  score: Score;
  /** Whether the very same pixels gave another answer when asked again. */
  isChanged: boolean;
  /** On pixels that are decoded already: 128×128, k-means 200×200. The second of two calls. */
  milliseconds: number;
};

export type ArtPlan = { seeds: readonly number[]; families: readonly FamilyName[]; contenders: readonly Contender[] };

export async function runArt({ seeds, families, contenders }: ArtPlan): Promise<ArtResult[]> {
  const results: ArtResult[] = [];
  for (const seed of seeds) {
    for (const family of families) {
      for (let index = 0; index < picturesPerFamily; index++) {
        const { truth, bytes } = await generatePicture(seed, family, index);
        const subject = await readSubject(bytes);
        const timed = { ...subject, sample: await timingSample(bytes) };
        for (const contender of contenders) {
          const { answer, isChanged, milliseconds } = await askTwice(contender, subject, timed);
          const score = scoreAnswer(answer, truth);
          // Elsewhere the file itself has changed the colours.
          if (!exactFamilies.has(family)) score.exact = null;
          results.push({ seed, family, index, contender: contender.name, score, isChanged, milliseconds });
        }
      }
    }
  }
  return results;
}

type Asked = { answer: Answer; isChanged: boolean; milliseconds: number };

/** Slow methods are timed on the first call, so that they are not called a third and a fourth time. */
async function askTwice(contender: Contender, subject: Subject, timed: Subject): Promise<Asked> {
  const begin = performance.now();
  const answer = await contender.extract(subject);
  const first = performance.now() - begin;
  const again = await contender.extract(subject);
  const isChanged = JSON.stringify(again) !== JSON.stringify(answer);
  if (contender.isSlow) return { answer, isChanged, milliseconds: first };
  await contender.extract(timed);
  const timedBegin = performance.now();
  await contender.extract(timed);
  return { answer, isChanged, milliseconds: performance.now() - timedBegin };
}
