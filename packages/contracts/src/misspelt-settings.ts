/** Finds names of variables that were probably meant to be settings. */
import { nearestWord } from './nearest-word.ts';

/** In shorter names one letter is too much of the whole. */
const fewestLetters = 4;

export type MisspeltSetting = { name: string; meant: string };

/**
 * Names that are no setting, but one letter (or two swapped neighbours, or upper case) away from one. Others are not told:
 * an environment is full of variables that are not ours.
 */
export function misspeltSettings(names: Iterable<string>, settings: readonly string[]): MisspeltSetting[] {
  const long = settings.filter((setting) => setting.length >= fewestLetters);
  return [...names].flatMap((name) => {
    if (name.length < fewestLetters || settings.includes(name)) return [];
    const meant = nearestWord(name, long, 1);
    return meant === null ? [] : [{ name, meant }];
  });
}
