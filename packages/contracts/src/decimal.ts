/** Numbers as people write them: in URLs, forms and settings. */

/** The number that a text is, in decimal digits; null for other texts, and for 16 spelt 0x10. */
export function decimalOf(text: string): number | null {
  if (!/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text)) return null;
  const number = Number(text);
  return Number.isFinite(number) ? number : null;
}
