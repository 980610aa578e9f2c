/** A generated library whose truth is known: captions of a grammar over a Zipf vocabulary, and what each picture shows. */
import { oklabFromRgb } from '@tintype/colour';
import type { RankedItem } from '@tintype/search';
import { seededRandom } from '@tintype/testkit';

/** Words of the vocabulary; things have several words each, as a couch is a sofa. */
const vocabularySize = 24_000;
const thingCount = 400;
const wordsForThing = 3;
/** How often a thing goes by its usual word. */
const usualWord = 0.6;
/** How often a word that describes is one that elsewhere names a thing: then an item has a word without what it means. */
const ambiguous = 0.5;
const colourNames = [
  'red',
  'orange',
  'yellow',
  'green',
  'teal',
  'blue',
  'purple',
  'pink',
  'brown',
  'black',
  'grey',
  'white',
];
const places = ['in', 'on', 'near', 'behind', 'under', 'with'];

const firstMs = Date.UTC(2026, 0);

export type Random = () => number;

/** What a picture shows: things by their numbers, and its main colour by its place in the names. */
export type Shown = { things: number[]; colour: number };

export type GeneratedLibrary = {
  /** How many things there are, and how many main colours. */
  things: number;
  colours: number;
  /** Item of a number; the same each time. */
  item(number: number): RankedItem;
  shown(number: number): Shown;
  /** One of the words of a thing. */
  wordOf(thing: number, random: Random): string;
  /** OKLab of a colour by its place. */
  lab(colour: number): RankedItem['colours'][number]['lab'];
};

export function generateLibrary(seed: number): GeneratedLibrary {
  const words = vocabulary(seed);
  const pick = zipf(vocabularySize - wordsForThing * thingCount);
  const pickThing = zipf(thingCount);
  // Things have frequent words and rare ones.
  const wordOf = (thing: number, random: Random) => {
    const isUsual = random() < usualWord;
    return words[thing * wordsForThing + (isUsual ? 0 : 1 + Math.floor(random() * (wordsForThing - 1)))] ?? '';
  };
  const shown = (number: number): Shown => {
    const random = seededRandom(seed + 7 * number + 1);
    return {
      things: Array.from({ length: 3 }, () => pickThing(random())),
      colour: Math.floor(random() * colourNames.length),
    };
  };
  const lab = (colour: number) => labOf(colour, 0);
  const item = (number: number): RankedItem => {
    const random = seededRandom(seed + 7 * number + 2);
    const {
      things: [first = 0, second = 0, third = 0],
      colour,
    } = shown(number);
    const other = () => words[(random() < ambiguous ? 0 : wordsForThing * thingCount) + pick(random())] ?? '';
    const place = () => places[Math.floor(random() * places.length)] ?? '';
    const caption = [
      `a ${other()} ${wordOf(first, random)} ${place()} the ${wordOf(second, random)}`,
      `and a ${other()} ${wordOf(third, random)} ${place()} ${other()} ${other()}`,
    ].join(' ');
    return {
      id: idOf(number),
      name: `generated_${String(number).padStart(12, '0')}.jpg`,
      caption,
      tags: random() < 0.3 ? [wordOf(first, random), other()] : [],
      fileName: null,
      colours: paletteOf(colour, random),
    };
  };
  return { things: thingCount, colours: colourNames.length, item, shown, wordOf, lab };
}

/** An item a second, as UUIDv7 has it. */
export function idOf(number: number): string {
  const time = (firstMs + 1000 * number).toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7000-8000-000000000000`;
}

export function numberOf(id: string): number {
  return (Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) - firstMs) / 1000;
}

/** One letter is lost, doubled, replaced, or exchanged with the next; the first stays. */
export function misspelt(word: string, random: Random): string {
  const at = 1 + Math.floor(random() * (word.length - 2));
  const letter = String.fromCharCode(97 + Math.floor(random() * 26));
  const ways = [
    word.slice(0, at) + word.slice(at + 1),
    word.slice(0, at) + letter + word.slice(at),
    word.slice(0, at) + letter + word.slice(at + 1),
    word.slice(0, at) + (word[at + 1] ?? '') + (word[at] ?? '') + word.slice(at + 2),
  ];
  const made = ways[Math.floor(random() * ways.length)] ?? word;
  return made === word ? misspelt(word, random) : made;
}

/** Of so many ranks, by Zipf's law with a flattened head: the place for a number of 0 … 1. */
function zipf(ranks: number): (random: number) => number {
  const sums = new Float64Array(ranks);
  let sum = 0;
  for (let rank = 0; rank < ranks; rank++) {
    sum += 1 / (rank + 3);
    sums[rank] = sum;
  }
  return (random) => {
    let low = 0;
    let high = ranks - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] ?? 0) < random * sum) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function vocabulary(seed: number): string[] {
  const random = seededRandom(seed);
  const one = (text: string) => text.split(' ')[Math.floor(random() * text.split(' ').length)] ?? '';
  const syllable = () =>
    one('b br c ch d dr f fl g gr h j k l m n p pl qu r s sh st t tr v w z') +
    one('a e i o u ea ou ai') +
    one('n r l t m d k p');
  const words = new Set<string>();
  while (words.size < vocabularySize) words.add(Array.from({ length: random() < 0.6 ? 2 : 3 }, syllable).join(''));
  return [...words];
}

/** Around the wheel, then black, grey and white. */
function labOf(colour: number, shade: number): RankedItem['colours'][number]['lab'] {
  const grey = colour - (colourNames.length - 3);
  if (grey >= 0) {
    const level = Math.min(255, Math.max(0, 127 * grey + 60 * shade));
    return oklabFromRgb([level, level, level]);
  }
  const turn = (2 * Math.PI * colour) / (colourNames.length - 3);
  const channel = (at: number) => Math.min(255, Math.max(0, 128 + 110 * Math.cos(turn - at) + 60 * shade));
  return oklabFromRgb([channel(0), channel((2 * Math.PI) / 3), channel((4 * Math.PI) / 3)]);
}

/** Half and more of the main colour, in two shades; the rest by chance. */
function paletteOf(main: number, random: Random): RankedItem['colours'] {
  const others = Array.from({ length: 4 }, () => Math.floor(random() * colourNames.length));
  return [main, main, ...others].map((colour, at) => ({
    lab: labOf(colour, random() - 0.5),
    share: [0.35, 0.2, 0.15, 0.12, 0.1, 0.08][at] ?? 0,
    name: colourNames[colour] ?? '',
  }));
}
