/** A differential fuzz of the JPEG path: mutants by seed, each shown to our own reader and to libvips. */
import { type Attack, type AttackClass, type CaseResult, seededIntegers } from '../case.ts';
import { type JpegBase, jpegBases } from './jpeg-bases.ts';
import { isFault, judgeJpeg } from './jpeg-judge.ts';
import { mutantOf } from './jpeg-mutations.ts';

/** Of each base, in so many cases. */
const casesPerBase = 6;
const mutantsPerCase = 32;
/** Between an eighth and a quarter, and less than an eighth, by turns. */
const shrinks = [6, 11] as const;
const firstFaults = 3;

/** They run in this process, beside no service. */
export function jpegAttacks(seed: number) {
  const attacks = jpegBases.flatMap((base, at) =>
    Array.from({ length: casesPerBase }, (_, part) => attackOn(base, part, seed * 10_000 + at * 100 + part)),
  );
  // Side by side they would only count each other's time.
  return [{ kind: 'jpegs', name: 'mutants of JPEGs', atOnce: 1, attacks }] satisfies AttackClass[];
}

function attackOn(
  { name: baseName, bytes }: JpegBase,
  part: number,
  seed: number,
): Attack & { run(): Promise<CaseResult> } {
  const name = `${mutantsPerCase} mutants of ${baseName}, part ${part + 1}`;
  return {
    name,
    async run() {
      const startedMs = performance.now();
      const base = await bytes();
      const below = seededIntegers(seed);
      const faults: string[] = [];
      for (let number = 0; number < mutantsPerCase; number += 1) {
        const verdict = await judgeJpeg(mutantOf(base, below), shrinks[number % 2] ?? 6);
        if (isFault(verdict)) faults.push(`mutant ${number}: ${verdict}`);
      }
      const got = faults.length === 0 ? 'as libvips' : faults.slice(0, firstFaults).join('; ');
      return { name, ok: faults.length === 0, expected: 'as libvips', got, ms: performance.now() - startedMs };
    },
  };
}
