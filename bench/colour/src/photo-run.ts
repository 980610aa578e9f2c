/** Runs methods over photographs in several encodings: does the answer stay, does the palette stand for them? */
import { performance } from 'node:perf_hooks';
import { ciede2000, labFromRgb, type Pixels } from '@tintype/colour';
import type { Answer, Contender } from './contender.ts';
import { encode, halfSizeJpeg, jpeg, png, webp } from './encoding.ts';
import { photograph, photographCount } from './photographs.ts';
import { readSubject, timingSample } from './sampling.ts';
import { differenceOf, foundWithin } from './score.ts';

/** The first is what the others are compared with. */
const encodings = [png, jpeg(95), jpeg(80), jpeg(60), webp(80), halfSizeJpeg(80, 480)] as const;

/** Every so many-th pixel is held against the palette. */
const pixelStep = 7;

export type PhotoResult = {
  seed: number;
  kind: string;
  index: number;
  contender: string;
  /** Of the lossy files: how many have another dominant colour or background (ΔE2000 > 5) than the PNG. */
  flips: number;
  backgroundFlips: number | null;
  encodings: number;
  /** Mean ΔE2000 from a pixel of the PNG's sample to the nearest swatch. */
  pixelDistance: number | null;
  /** Files whose answer changed when asked again. */
  changed: number;
  /** On 128×128 decoded pixels, one for each file. */
  milliseconds: number[];
};

export async function runPhotos(seeds: readonly number[], contenders: readonly Contender[]): Promise<PhotoResult[]> {
  const results: PhotoResult[] = [];
  for (const seed of seeds) {
    for (let index = 0; index < photographCount; index++) {
      const { kind, picture } = photograph(seed, index);
      const files = await Promise.all(encodings.map((encoding) => encode(picture, encoding)));
      for (const contender of contenders) {
        results.push({ seed, kind, index, contender: contender.name, ...(await runOne(contender, files)) });
      }
    }
  }
  return results;
}

type Outcome = Omit<PhotoResult, 'seed' | 'kind' | 'index' | 'contender'>;

async function runOne(contender: Contender, files: readonly Buffer[]): Promise<Outcome> {
  const answers: Answer[] = [];
  const milliseconds: number[] = [];
  let changed = 0;
  let pixelDistance: number | null = null;
  for (const file of files) {
    const subject = await readSubject(file);
    const answer = await contender.extract(subject);
    if (JSON.stringify(await contender.extract(subject)) !== JSON.stringify(answer)) changed++;
    if (answers.length === 0) pixelDistance = meanPixelDistance(subject.sample, answer);
    answers.push(answer);
    const timed = { ...subject, sample: await timingSample(file) };
    await contender.extract(timed);
    const begin = performance.now();
    await contender.extract(timed);
    milliseconds.push(performance.now() - begin);
  }
  const [reference, ...others] = answers;
  const isOther = (one: Answer['background'], other: Answer['background']) =>
    typeof one === 'object' && typeof other === 'object' && one && other
      ? differenceOf(one, other) > foundWithin
      : one !== other;
  return {
    flips: others.filter(({ dominant }) => isOther(dominant, reference?.dominant)).length,
    backgroundFlips:
      reference?.background === undefined
        ? null
        : others.filter(({ background }) => isOther(background, reference.background)).length,
    encodings: others.length,
    pixelDistance,
    changed,
    milliseconds,
  };
}

function meanPixelDistance({ data, channels }: Pixels, { palette }: Answer): number | null {
  if (palette.length === 0) return null;
  const swatches = palette.map(({ rgb }) => labFromRgb(rgb));
  let sum = 0;
  let count = 0;
  for (let at = 0; at < data.length; at += channels * pixelStep) {
    const lab = labFromRgb([data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0]);
    sum += Math.min(...swatches.map((swatch) => ciede2000(lab, swatch)));
    count++;
  }
  return sum / count;
}
