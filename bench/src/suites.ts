/** What is measured: one list of pictures per suite. To add a suite, add its name and its entry. */
import type { PictureSpec } from './pictures.ts';

export const suiteNames = ['small', 'web', 'mixed', 'repeats'] as const;
export type SuiteName = (typeof suiteNames)[number];

export type Suite = {
  /** For the report. */
  title: string;
  /** For a run in which one side asks for so many; requests take them in turn, from the first again when they end. */
  pictures(needed: number): readonly PictureSpec[];
  /** Every request gets bytes of its own, or there are only so many different files, asked for again and again. */
  distinctFiles: number | 'unlimited';
};

const seeds = [1, 2, 3, 4, 5, 6];
/** Two megapixels at a quality that makes about 415 kB of a landscape. */
const web = { width: 1632, height: 1224 } as const;

const webJpegs = seeds.map((seed): PictureSpec => ({ ...web, seed, encoding: 'jpeg', quality: 93 }));

/** A part of one of the landscapes; positions come again only after 641 × 481 × 6 pictures. */
function smallCut(index: number): PictureSpec {
  const step = Math.floor(index / seeds.length);
  const cut = { left: (37 * step) % 641, top: (53 * step) % 481, width: 640, height: 480 };
  return { width: 1280, height: 960, seed: seeds[index % seeds.length] ?? 1, cut, encoding: 'jpeg', quality: 90 };
}

export const suites: Record<SuiteName, Suite> = {
  small: {
    title: '640 × 480 JPEG, no two alike',
    pictures: (needed) => Array.from({ length: needed }, (_, index) => smallCut(index)),
    distinctFiles: 'unlimited',
  },
  web: { title: '1632 × 1224 JPEG (2 megapixels)', pictures: () => webJpegs, distinctFiles: 'unlimited' },
  mixed: {
    title: 'JPEG, progressive JPEG and WebP of 1632 × 1224, PNG of 1024 × 768, in equal parts',
    pictures: () =>
      seeds.slice(0, 3).flatMap((seed): PictureSpec[] => [
        { ...web, seed, encoding: 'jpeg', quality: 93 },
        { ...web, seed, encoding: 'progressive', quality: 93 },
        { ...web, seed, encoding: 'webp', quality: 85 },
        { width: 1024, height: 768, seed, encoding: 'png' },
      ]),
    distinctFiles: 'unlimited',
  },
  repeats: { title: 'the same 20 JPEGs of 1632 × 1224 again and again', pictures: () => webJpegs, distinctFiles: 20 },
};

/** Whether a text names a suite. */
export function isSuiteName(text: string): text is SuiteName {
  return suiteNames.some((name) => name === text);
}
