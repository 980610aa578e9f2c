/** What is measured: one list of pictures per suite. To add a suite, add its name and its entry. */
import type { ContestantName } from './contestant.ts';
import type { LoadName } from './load-names.ts';
import type { PictureSpec } from './pictures.ts';

export const suiteNames = [
  ...(['small', 'web', '12mp', '48mp', 'png', 'webp', 'progressive', 'avif'] as const),
  ...(['mixed', 'repeats', 'noop', 'colours'] as const),
] as const;
export type SuiteName = (typeof suiteNames)[number];

export type Suite = {
  /** For the report. */
  title: string;
  /**
   * So many different ones where the suite has that many; requests take them in turn, from the first again when they
   * end. None where nothing is ever fetched.
   */
  pictures(atMost: number): readonly PictureSpec[];
  /** Every request gets bytes of its own, or there are only so many different files, asked for again and again. */
  distinctFiles: number | 'unlimited';
  /** What a picture costs, one of `web` being 1: rounds have so many fewer pictures. */
  costFactor: number;
  contestants: readonly ContestantName[];
  /** Unless others are asked for. */
  loads: readonly LoadName[];
  /** Tintype's Redis is measured when so many jobs have been done, however long the rounds are; else at the end. */
  redisJobs?: number;
};

const seeds = [1, 2, 3, 4, 5, 6];
/** Two megapixels at a quality that makes about 415 kB of a landscape. */
const web = { width: 1632, height: 1224 } as const;
/** Three megapixels: enlarged, they make 12 and 48. */
const base = { width: 2000, height: 1500 } as const;

const webJpegs = seeds.map((seed): PictureSpec => ({ ...web, seed, encoding: 'jpeg', quality: 93 }));
const of = (count: number, spec: (seed: number) => PictureSpec) => seeds.slice(0, count).map(spec);

/** A part of one of the landscapes; positions come again only after 641 × 481 × 6 pictures. */
function smallCut(index: number): PictureSpec {
  const step = Math.floor(index / seeds.length);
  const cut = { left: (37 * step) % 641, top: (53 * step) % 481, width: 640, height: 480 };
  return { width: 1280, height: 960, seed: seeds[index % seeds.length] ?? 1, cut, encoding: 'jpeg', quality: 90 };
}

const everybody = ['tintype', 'bare', 'celery', 'rq', 'rq-simple', 'ipx', 'imgproxy'] as const;
/** Forking costs RQ the same for every picture: `small`, `web`, `mixed` and `repeats` show it. */
const withoutForks = ['tintype', 'bare', 'celery', 'rq-simple', 'ipx', 'imgproxy'] as const;
const usual = { distinctFiles: 'unlimited', contestants: everybody, loads: ['closed'] } as const;

export const suites: Record<SuiteName, Suite> = {
  small: {
    ...usual,
    title: '640 × 480 JPEG',
    pictures: (atMost) => Array.from({ length: atMost }, (_, index) => smallCut(index)),
    costFactor: 1,
    loads: ['closed', 'burst', 'idle'],
    redisJobs: 1000,
  },
  web: {
    ...usual,
    title: '1632 × 1224 JPEG (2 megapixels)',
    pictures: () => webJpegs,
    costFactor: 1,
    loads: ['closed', 'burst', 'idle'],
  },
  '12mp': {
    ...usual,
    title: '4000 × 3000 JPEG',
    pictures: () => of(3, (seed) => ({ ...base, seed, enlarge: 2, encoding: 'jpeg', quality: 90 })),
    costFactor: 5,
    contestants: withoutForks,
  },
  '48mp': {
    ...usual,
    title: '8000 × 6000 JPEG',
    pictures: () => of(1, (seed) => ({ ...base, seed, enlarge: 4, encoding: 'jpeg', quality: 88 })),
    costFactor: 20,
    contestants: withoutForks,
  },
  png: {
    ...usual,
    title: '1024 × 768 PNG',
    pictures: () => of(3, (seed) => ({ width: 1024, height: 768, seed, encoding: 'png' })),
    costFactor: 3,
    contestants: withoutForks,
  },
  webp: {
    ...usual,
    title: '1632 × 1224 WebP',
    pictures: () => of(3, (seed) => ({ ...web, seed, encoding: 'webp', quality: 85 })),
    costFactor: 3,
    contestants: withoutForks,
  },
  progressive: {
    ...usual,
    title: '1632 × 1224 progressive JPEG',
    pictures: () => of(3, (seed) => ({ ...web, seed, encoding: 'progressive', quality: 93 })),
    costFactor: 3,
    contestants: withoutForks,
  },
  avif: {
    ...usual,
    title: '1632 × 1224 AVIF',
    pictures: () => of(3, (seed) => ({ ...web, seed, encoding: 'avif', quality: 60 })),
    costFactor: 5,
    contestants: ['tintype', 'bare', 'ipx', 'imgproxy'], // Debian's Pillow reads no AVIF
  },
  mixed: {
    ...usual,
    title: 'JPEG, progressive JPEG and WebP of 1632 × 1224, PNG of 1024 × 768, in equal parts',
    pictures: () =>
      seeds.slice(0, 3).flatMap((seed): PictureSpec[] => [
        { ...web, seed, encoding: 'jpeg', quality: 93 },
        { ...web, seed, encoding: 'progressive', quality: 93 },
        { ...web, seed, encoding: 'webp', quality: 85 },
        { width: 1024, height: 768, seed, encoding: 'png' },
      ]),
    costFactor: 1,
  },
  repeats: {
    ...usual,
    title: 'the same 20 JPEGs of 1632 × 1224 again and again',
    pictures: () => webJpegs,
    distinctFiles: 20,
    costFactor: 1,
  },
  noop: {
    ...usual,
    title: 'API, Redis and queue, with a worker that does nothing',
    pictures: () => [],
    costFactor: 0.2,
    contestants: ['tintype'],
  },
  colours: {
    ...usual,
    title: 'the JPEGs of web; k-means finds colours and makes no thumbnail',
    pictures: () => webJpegs,
    costFactor: 1,
    contestants: ['tintype', 'scipy'],
  },
};

/** So many pictures of `web`, in pictures of this suite. */
export function scaledTo(suite: SuiteName, pictures: number): number {
  return Math.max(1, Math.round(pictures / suites[suite].costFactor));
}

/** Whether a text names a suite. */
export function isSuiteName(text: string): text is SuiteName {
  return suiteNames.some((name) => name === text);
}
