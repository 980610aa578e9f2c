/** Palettes as large as they may be: put, read, and matched with as many colours as one call may have. */
import { type ClientClass, get, type HostileClient } from './hostile-client.ts';
import { largeColours, matchOf, mostBytes, mostColours, putPalette, rowsOf } from './palette-bodies.ts';

const refused = [400, 413, 415, 422] as const;
const kept = [200, 201] as const;
/** As much of it as fits into a body, with something around it. */
const filled = (item: string) => item.repeat(Math.floor((mostBytes - 100) / item.length));

const jsons: readonly [name: string, body: () => string][] = [
  ['of numbers', () => `[${filled('1,')}1]`],
  ['of objects without anything', () => `[${filled('{},')}{}]`],
  ['of 10 000 colours that are all wrong', () => largeColours(mostColours).replaceAll('#', '')],
  ['of more colours than may be', () => largeColours(80_000)],
  ['of a colour of 300 000 fields', () => `[{"name":"a","hex":"#000000",${fields(300_000)}}]`],
  ['of colours with more fields than may be', () => largeColours(8_000, 25)],
  ['of arrays in arrays', () => '['.repeat(mostBytes / 2) + ']'.repeat(mostBytes / 2)],
  ['of colours whose fields are all different', () => differentFields(mostColours / 2)],
  ['of few colours whose fields are all different', () => differentFields(100)],
  ['of a list that is too long', () => `[{"name":"a","hex":"#000000","list":[${filled('"x",')}"x"]}]`],
];

/** As CSV, 10 000 of them would have two thousand million cells. */
function differentFields(count: number): string {
  const fieldsOf = (i: number) => Array.from({ length: 20 }, (_, j) => `"_${(i * 20 + j).toString(36)}":1`).join(',');
  return `[${Array.from({ length: count }, (_, i) => `{"name":"a","hex":"#000000",${fieldsOf(i)}}`).join(',')}]`;
}

const fields = (count: number) => Array.from({ length: count }, (_, i) => `"${i}":1`).join(',');

const csvs: readonly [name: string, body: () => string, right: HostileClient['right']][] = [
  ['of 10 000 colours', () => `name,hex\n${rowsOf(mostColours)}`, kept],
  ['of more colours than may be', () => `name,hex\n${filled('a,#000000\n')}`, refused],
  ['of empty lines', () => filled('\n'), refused],
  ['of commas', () => filled(','), refused],
  ['of columns', () => `name,hex,${filled('a,')}\n`, refused],
  ['of quotes', () => `name,hex\n${filled('"')}`, refused],
  ['of a quote that stays open', () => `name,hex\n"${filled('a,')}`, refused],
  ['of spaces', () => `name,hex\n${filled(' ')}`, refused],
  ['of empty lines and a colour', () => `name,hex\n${filled('\n')}a,#000000\n`, kept],
  ['of empty lines and a row that is none', () => `name,hex\n${filled('\n')}a,#000000,"x" y"\n`, refused],
  [
    'of empty lines, then a header',
    () => `${filled('\n').slice(90_000)}name,hex\n${'a,#000000\n'.repeat(9_000)}`,
    kept,
  ],
  ['of a mark, an empty line, and 10 000 colours', () => `\ufeff\nname,hex\n${rowsOf(mostColours)}`, kept],
  [
    'of long rows without a quote',
    () => `name,hex,a\n${`a,#000000,${'\u2222'.repeat(130)}\n`.repeat(mostColours)}`,
    kept,
  ],
  [
    'of 10 000 colours that are all wrong',
    () => `name,hex\n${`a,red${'x'.repeat(190)}\n`.repeat(mostColours)}`,
    refused,
  ],
];

type Row = readonly [name: string, bytes: () => Buffer, right: HostileClient['right']];

const good: readonly Row[] = [
  ['a palette of 10 000 colours', () => putPalette('large', largeColours(mostColours)), kept],
  ['a palette of 10 000 colours with 20 fields', () => putPalette('wide', largeColours(mostColours, 20)), kept],
  ...['ciede2000', 'oklab', 'rgb'].map(
    (metric): Row => [
      `100 colours matched with 10 000 by ${metric}`,
      () => matchOf('large', `metric=${metric}`),
      [200],
    ],
  ),
  ['100 colours matched with 10 000, 50 of each', () => matchOf('wide', 'count=50'), [200]],
  ['100 colours matched with 10 000 once more', () => matchOf('wide', 'count=50'), [200]],
  ['a look at the palette', () => get('/v1/palettes/wide'), [200]],
  ['a look at the palette as CSV', () => get('/v1/palettes/wide', 'accept: text/csv'), [200]],
];

/** In this order, one at a time: what is matched has been put before. */
export function largePalettes(): ClientClass {
  const rows: Row[] = [
    ...good,
    ...jsons.map(([name, body]): Row => [`a palette ${name}`, () => putPalette('wrong', body()), refused]),
    ...csvs.map(
      ([name, body, right]): Row => [`a palette in CSV ${name}`, () => putPalette('csv', body(), 'text/csv'), right],
    ),
  ];
  return {
    name: 'large palettes',
    atOnce: 1,
    cases: rows.map(([name, bytes, right]) => ({ name, pieces: () => [bytes()], right, isSlow: true })),
  };
}
