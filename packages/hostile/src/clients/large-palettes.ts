/** Palettes as large as they may be: put, read, and matched with as many colours as one call may have. */
import { type ClientClass, get, type HostileClient, request } from './hostile-client.ts';

const refused = [400, 413, 415, 422] as const;
const kept = [200, 201] as const;
/** What the body of a palette may have. */
const mostBytes = 4 * 2 ** 20;
const mostColours = 10_000;
/** As many as one call may match, no two alike. */
const hexes = Array.from({ length: 100 }, (_, i) => hexOf(i * 167_773 + 5)).join(',');

function hexOf(number: number): string {
  return (number % 0x100_0000).toString(16).padStart(6, '0');
}

/** Colours all over the cube, with so many fields of the owner's own. */
function colours(count: number, extraFields = 0): string {
  const extra = Array.from({ length: extraFields }, (_, i) => `,"f${i}":"a word"`).join('');
  const all = Array.from({ length: count }, (_, i) => `{"name":"c${i}","hex":"#${hexOf(i * 1_677)}"${extra}}`);
  return `[${all.join(',')}]`;
}

const put = (name: string, body: string, type = 'application/json') =>
  request('PUT', `/v1/palettes/${name}`, [`content-type: ${type}`], body);
/** As much of it as fits into a body, with something around it. */
const filled = (item: string) => item.repeat(Math.floor((mostBytes - 100) / item.length));

const jsons: readonly [name: string, body: () => string][] = [
  ['of numbers', () => `[${filled('1,')}1]`],
  ['of objects without anything', () => `[${filled('{},')}{}]`],
  ['of 10 000 colours that are all wrong', () => colours(mostColours).replaceAll('#', '')],
  ['of more colours than may be', () => colours(80_000)],
  ['of a colour of 300 000 fields', () => `[{"name":"a","hex":"#000000",${fields(300_000)}}]`],
  ['of colours with more fields than may be', () => colours(8_000, 25)],
  ['of arrays in arrays', () => '['.repeat(mostBytes / 2) + ']'.repeat(mostBytes / 2)],
  ['of a list that is too long', () => `[{"name":"a","hex":"#000000","list":[${filled('"x",')}"x"]}]`],
];

const fields = (count: number) => Array.from({ length: count }, (_, i) => `"${i}":1`).join(',');

const csvs: readonly [name: string, body: () => string, right: HostileClient['right']][] = [
  ['of 10 000 colours', () => `name,hex\n${rows(mostColours)}`, kept],
  ['of more colours than may be', () => `name,hex\n${filled('a,#000000\n')}`, refused],
  ['of empty lines', () => filled('\n'), refused],
  ['of commas', () => filled(','), refused],
  ['of columns', () => `name,hex,${filled('a,')}\n`, refused],
  ['of quotes', () => `name,hex\n${filled('"')}`, refused],
  ['of a quote that stays open', () => `name,hex\n"${filled('a,')}`, refused],
  ['of spaces', () => `name,hex\n${filled(' ')}`, refused],
];

const rows = (count: number) => Array.from({ length: count }, (_, i) => `c${i},#${hexOf(i * 1_677)}`).join('\n');

const match = (palette: string, rest: string) => get(`/v1/colours/match?palette=${palette}&hex=${hexes}&${rest}`);

type Row = readonly [name: string, bytes: () => Buffer, right: HostileClient['right']];

const good: readonly Row[] = [
  ['a palette of 10 000 colours', () => put('large', colours(mostColours)), kept],
  ['a palette of 10 000 colours with 20 fields', () => put('wide', colours(mostColours, 20)), kept],
  ...['ciede2000', 'oklab', 'rgb'].map(
    (metric): Row => [`100 colours matched with 10 000 by ${metric}`, () => match('large', `metric=${metric}`), [200]],
  ),
  ['100 colours matched with 10 000, 50 of each', () => match('wide', 'count=50'), [200]],
  ['100 colours matched with 10 000 once more', () => match('wide', 'count=50'), [200]],
  ['a look at the palette', () => get('/v1/palettes/wide'), [200]],
  ['a look at the palette as CSV', () => get('/v1/palettes/wide', 'accept: text/csv'), [200]],
];

/** In this order, one at a time: what is matched has been put before. */
export function largePalettes(): ClientClass {
  const rows: Row[] = [
    ...good,
    ...jsons.map(([name, body]): Row => [`a palette ${name}`, () => put('wrong', body()), refused]),
    ...csvs.map(
      ([name, body, right]): Row => [`a palette in CSV ${name}`, () => put('csv', body(), 'text/csv'), right],
    ),
  ];
  return {
    name: 'large palettes',
    atOnce: 1,
    cases: rows.map(([name, bytes, right]) => ({ name, pieces: () => [bytes()], right, isSlow: true })),
  };
}
