/** Palettes as large as they may be, and what is asked of them. */
import { get, request } from './hostile-client.ts';

/** What the body of a palette may have. */
export const mostBytes = 4 * 2 ** 20;
export const mostColours = 10_000;
/** As many as one call may match, no two alike. */
export const hexes = Array.from({ length: 100 }, (_, i) => hexOf(i * 167_773 + 5)).join(',');

function hexOf(number: number): string {
  return (number % 0x100_0000).toString(16).padStart(6, '0');
}

/** Colours all over the cube, with so many fields of the owner's own. */
export function largeColours(count: number, extraFields = 0): string {
  const extra = Array.from({ length: extraFields }, (_, i) => `,"f${i}":"a word"`).join('');
  const all = Array.from({ length: count }, (_, i) => `{"name":"c${i}","hex":"#${hexOf(i * 1_677)}"${extra}}`);
  return `[${all.join(',')}]`;
}

/** The same as rows of CSV, without a header. */
export function rowsOf(count: number): string {
  return Array.from({ length: count }, (_, i) => `c${i},#${hexOf(i * 1_677)}`).join('\n');
}

export const putPalette = (name: string, body: string, type = 'application/json') =>
  request('PUT', `/v1/palettes/${name}`, [`content-type: ${type}`], body);

/** As many colours as one call may have. */
export const matchOf = (palette: string, rest: string) =>
  get(`/v1/colours/match?palette=${palette}&hex=${hexes}&${rest}`);
