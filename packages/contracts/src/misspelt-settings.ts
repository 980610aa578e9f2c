/** Finds names of variables that were probably meant to be settings. */
import { nearestWord } from './nearest-word.ts';

/** In shorter names one letter is too much of the whole. */
const fewestLetters = 4;

export type MisspeltSetting = { name: string; meant: string };

/** What somebody may have put before the name, to say whose it is. */
const ownPrefix = 'TINTYPE_';

/**
 * Names that are no setting, but one letter (or two swapped neighbours, or upper case) away from one, or are one but for
 * its unit or a `TINTYPE_` before it. Others are not told: an environment is full of variables that are not ours.
 */
export function misspeltSettings(names: Iterable<string>, settings: readonly string[]): MisspeltSetting[] {
  const long = settings.filter((setting) => setting.length >= fewestLetters);
  return [...names].flatMap((name) => {
    if (name.length < fewestLetters || settings.includes(name)) return [];
    const meant = nearestWord(name, long, 1) ?? prefixedOrCut(name.toUpperCase(), settings);
    return meant === null ? [] : [{ name, meant }];
  });
}

/** Of what is cut off at least two words are left: `FETCH` alone may be anybody's. */
function prefixedOrCut(name: string, settings: readonly string[]): string | null {
  const bare = name.startsWith(ownPrefix) ? name.slice(ownPrefix.length) : name;
  const found = settings.filter((one) => one === bare || (bare.includes('_') && one.startsWith(`${bare}_`)));
  return found[0] ?? null;
}
