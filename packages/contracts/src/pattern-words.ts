/** Patterns that clients meet, and how each is said in words. */

export const namePattern = '^[\\w.@-]{1,64}$';
export const paletteNamePattern = '^[a-z0-9][a-z0-9_-]{0,63}$';
export const hexPattern = '^#[0-9a-fA-F]{6}$';
export const backgroundPattern = '^(#[0-9a-fA-F]{6}|transparent|dominant|edge)$';
export const sizeNamePattern = '^[\\w.-]{1,64}$';
export const percentPattern = '^(100(\\.0+)?|\\d{1,2}(\\.\\d+)?)%$';
export const linkColourPattern = '^(placeholder|none|#[0-9a-fA-F]{6})$';
/** A character of an item's name, and one that is no dot: a name is more than one or two dots. */
const inItemName = '[^/\\\\\\u0000-\\u001f\\u007f]';
const noDotInName = '[^./\\\\\\u0000-\\u001f\\u007f]';
export const itemNamePattern = `^(${noDotInName}${inItemName}{0,254}|\\.${noDotInName}${inItemName}{0,253}|\\.\\.${inItemName}{1,253})$`;
export const keptTextPattern = '^[^\\u0000]*$';
export const dayOrTimePattern =
  '^\\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])(T\\d{2}:\\d{2}:\\d{2}(\\.\\d{1,9})?(Z|[+-]\\d{2}:\\d{2}))?$';
export const statsWindowPattern = '^\\d{1,5}[smhd]?$';

const words: Readonly<Record<string, string>> = {
  [namePattern]: 'must be 1 to 64 letters, digits and signs of _.@-',
  [paletteNamePattern]: 'must be 1 to 64 small letters, digits, _ and -, the first one a letter or a digit',
  [hexPattern]: 'must be # and six hex digits, like #008080',
  [backgroundPattern]: 'must be # and six hex digits, like #008080, or transparent, dominant or edge',
  [sizeNamePattern]: 'must be 1 to 64 letters, digits and signs of _.-',
  [percentPattern]: 'must be pixels, or a part of the side up to 100%, like 25%',
  [linkColourPattern]: 'must be placeholder, none, or # and six hex digits (%23008080 in a URL)',
  [itemNamePattern]: 'must be 1 to 255 characters without / and \\, and neither . nor ..',
  [keptTextPattern]: 'must not have the character U+0000',
  [dayOrTimePattern]: 'must be a day, like 2026-11-01, or a time, like 2026-11-01T12:00:00Z',
  [statsWindowPattern]: 'must be a time from 1m to 24h, like 90s, 15m or 1d',
};

/** What is expected where a value does not match; null for a pattern without words. */
export function wordsOfPattern(pattern: string): string | null {
  return Object.hasOwn(words, pattern) ? (words[pattern] ?? null) : null;
}
