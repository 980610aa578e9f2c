/** Text into the words by which it is found: folded, cut, and brought to one form. */

/**
 * Marks without which a word is the same word: accents, Hebrew points, Arabic vowels, variants of emoji, and what nobody
 * sees: hyphens for line ends, joints, directions. Those of Devanagari, Thai or Japanese are vowels and consonants, and
 * stay.
 */
const idleMarks =
  /\u0640|[\u0300-\u036f\u0591-\u05c7]|[\u0610-\u061a\u064b-\u065f\u0670]|[\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]|[\u00ad\u200c-\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|[\ufe00-\ufe0f\ufe20-\ufe2f]|[\u{1f3fb}-\u{1f3ff}]/gu;
const asciiOnly = /^[\0-\x7f]*$/;
const asciiWord = /[a-z0-9]+(?:'[a-z]+)*/g;
/** Scripts that put no spaces between words. */
const unspacedClass = '\\p{sc=Han}\\p{sc=Hira}\\p{sc=Kana}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmr}\\p{sc=Mymr}ー';
const unspacedStart = new RegExp(`^[${unspacedClass}]`, 'u');
const anyWord = new RegExp(
  `[${unspacedClass}][${unspacedClass}\\p{M}]*|(?:(?![${unspacedClass}])[\\p{L}\\p{N}])(?:(?![${unspacedClass}])[\\p{L}\\p{N}\\p{M}]|['’](?=\\p{L}))*|\\p{Regional_Indicator}{2}|\\p{Extended_Pictographic}`,
  'gu',
);

/** Nothing longer is told apart: what follows is no word that anybody types. */
const mostWordChars = 64;

/** Case and accents gone, wide and joined letters plain (NFKD), put together again. */
export function fold(text: string): string {
  if (asciiOnly.test(text)) return text.toLowerCase();
  // By way of the capitals ß becomes ss, and both small sigmas the same.
  const plain = text.normalize('NFKD').replace(idleMarks, '').toUpperCase().toLowerCase();
  return plain.replaceAll('ς', 'σ').normalize('NFC');
}

/** A piece of a text: a word between spaces, or a run of characters of a script that puts none. */
export type Piece = {
  /** As it was written, folded. */
  surface: string;
  /** What it is found by; of a run without spaces the run. */
  term: string;
  isUnspaced: boolean;
};

/** The pieces of a text in their order. */
export function piecesOf(text: string): Piece[] {
  const folded = fold(text);
  const isAscii = asciiOnly.test(folded);
  return (folded.match(isAscii ? asciiWord : anyWord) ?? []).map((found) =>
    !isAscii && unspacedStart.test(found) ? { surface: found, term: found, isUnspaced: true } : spacedPiece(found),
  );
}

function spacedPiece(found: string): Piece {
  const surface = found
    .replace(/['’]s$/, '')
    .replaceAll(/['’]/g, '')
    .slice(0, mostWordChars);
  return { surface, term: singular(surface), isUnspaced: false };
}

const segmenter = new Intl.Segmenter('ja', { granularity: 'word' });

/** The words of a run without spaces, as a dictionary cuts them. */
export function segmentsOf(run: string): string[] {
  return Array.from(segmenter.segment(run), ({ segment }) => segment.slice(0, mostWordChars));
}

/**
 * What a run without spaces is found by, whichever way a dictionary cuts it: its neighbouring pairs, or itself where
 * it is but one character.
 */
export function pairsOf(run: string): string[] {
  const characters = [...run];
  if (characters.length < 2) return characters;
  return characters.slice(1).map((character, at) => `${characters[at]}${character}`);
}

const irregular = new Map(
  Object.entries({
    ...{ men: 'man', women: 'woman', children: 'child', feet: 'foot', teeth: 'tooth', mice: 'mouse', geese: 'goose' },
    ...{ knives: 'knife', wolves: 'wolf', leaves: 'leaf', buses: 'bus', loaves: 'loaf', shelves: 'shelf' },
    ...{ people: 'person', potatoes: 'potato', tomatoes: 'tomato', always: 'always', christmas: 'christmas' },
  }),
);

/**
 * The singular of an English word, or what serves as one in both places, item and query. Source of the three rules:
 * Harman, "How effective is suffixing?", JASIS 42 (1991), with the e after sibilants taken too.
 */
export function singular(word: string): string {
  const known = irregular.get(word);
  if (known !== undefined) return known;
  if (word.length < 4 || !word.endsWith('s') || !/^[a-z]+$/.test(word)) return word;
  if (/[^ae]ies$/.test(word)) return `${word.slice(0, -3)}y`;
  if (/(?:x|ch|sh|ss|zz)es$/.test(word)) return word.slice(0, -2);
  return /(?:us|ss|is)$/.test(word) ? word : word.slice(0, -1);
}

/** Words that tell little of a picture: they never decide whether it is found beside others. */
const stopWords = new Set(
  `a an and are as at be been but by can for from had has have he her his i if in into is it its me my no not of on or our
   she so some that the their them then there these they this those to up was we were what when where which while who
   will with you your`.split(/\s+/),
);

export function isStopWord(surface: string): boolean {
  return stopWords.has(surface);
}
