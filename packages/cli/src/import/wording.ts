/** Under which name and words a file goes into the library. */
import { ItemWords, parse } from '@tintype/contracts';
import type { Captions } from './captions.ts';

export const nameChoices = ['file', 'path'] as const;
export type NameBy = (typeof nameChoices)[number];

export type Words = { name: string; caption: string; tags: string[] };

export type Wording = {
  nameOf(path: string): string;
  /** Throws `invalid_option` for words that no item may have. */
  wordsOf(path: string): Words;
  /** Whether the captions speak of this file. */
  isNamed(path: string): boolean;
};

export type WordingOptions = { captions: Captions; tags: readonly string[]; nameBy: NameBy };

export function createWording({ captions, tags, nameBy }: WordingOptions): Wording {
  const nameOf = (path: string): string => {
    const parts = path.split(/[/\\]/).filter((part) => !['', '.', '..'].includes(part));
    // A name has no slash.
    return nameBy === 'file' ? (parts.at(-1) ?? path) : parts.join('_');
  };
  return {
    nameOf,
    wordsOf(path) {
      const words = captions.of(path) ?? { caption: '', tags: [] };
      const whole = { name: nameOf(path), caption: words.caption, tags: [...new Set([...tags, ...words.tags])] };
      parse(ItemWords, whole);
      return whole;
    },
    isNamed: (path) => captions.of(path) !== null,
  };
}
