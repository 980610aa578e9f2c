/** Colours that a client wants ignored, in the one spelling that jobs know: equal wishes are equal work. */
import { colourNames, hexOfWord } from '@tintype/colour';
import { type ColourOptions, type ColourRequest, colourOptionsOf, nearestWord, Problem } from '@tintype/contracts';

/** What is found in the picture itself; `transparent` never counts, and may be named all the same. */
const ownWords = ['background', 'transparent'];

/** How colours are to be found. Throws `invalid_option` for a colour that is none; `pointer` is where they were named. */
export function colourOptionsFor(
  { ignore = [], ...others }: ColourRequest = {},
  pointer = '/colours/ignore',
): ColourOptions {
  const words = typeof ignore === 'string' ? [ignore] : ignore;
  const ignored = words.flatMap((word, at) =>
    ignoredColour(word, typeof ignore === 'string' ? pointer : `${pointer}/${at}`),
  );
  return colourOptionsOf({ ...others, ignore: ignored });
}

function ignoredColour(word: string, pointer: string): string[] {
  const own = ownWords.find((known) => known === word.trim().toLowerCase());
  if (own === 'transparent') return [];
  const colour = own ?? hexOfWord(word);
  if (colour !== null) return [colour];
  const nearest = nearestWord(word, [...ownWords, ...colourNames]);
  const detail = `must be background, #rrggbb or a CSS colour name${nearest === null ? '' : `; did you mean ${nearest}?`}`;
  throw new Problem('invalid_option', {
    detail: `${pointer} ${detail}${nearest === null ? '.' : ''}`,
    errors: [{ pointer, detail }],
  });
}
