/** Colours as clients write them in a URL, comma separated. */
import { colourNames, hexOfWord } from '@tintype/colour';
import { maxMatchedColours, nearestWord, Problem } from '@tintype/contracts';

/** Each as `#rrggbb`, in their order. Throws `invalid_option` that says of the first wrong one how to write it. */
export function hexesOf(list: string): string[] {
  const words = list.split(',');
  if (words.length > maxMatchedColours) throw refusal(`must not have more than ${maxMatchedColours} colours`);
  return words.map((word) => hexOf(word));
}

/** One as `#rrggbb`. Throws `invalid_option`, which says where it was written. */
export function hexOf(word: string, pointer = '/hex'): string {
  const hex = hexOfWord(word);
  if (hex !== null) return hex;
  if (word.trim() === '') {
    throw refusal('has an empty colour; clients cut a URL off at #: write 008080 or %23008080', pointer);
  }
  const meant = nearestWord(word, colourNames);
  throw refusal(
    `must be six or three hex digits, like 008080, or a CSS colour name${meant === null ? '' : `; did you mean ${meant}?`}`,
    pointer,
  );
}

function refusal(detail: string, pointer = '/hex'): Problem {
  return new Problem('invalid_option', {
    detail: `${pointer} ${detail}${detail.endsWith('?') ? '' : '.'}`,
    errors: [{ pointer, detail }],
  });
}
