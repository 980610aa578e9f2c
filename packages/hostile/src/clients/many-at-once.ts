/** Requests as large as they may be, and their largest answers, by many clients in the same moment. */
import { type ClientClass, get, type HostileClient, postJson } from './hostile-client.ts';
import { hexes, largeColours, matchOf, mostColours, putPalette, rowsOf } from './palette-bodies.ts';

const source = '"url":"http://192.0.2.1/"';
const most = 64 * 1024;
/** As much of it as fits into a body of JSON, with something around it. */
const filled = (item: string) => item.repeat(Math.floor((most - 100) / item.length));
const refused = [400, 413, 422] as const;
const ids = Array.from({ length: 100 }, (_, i) => `id=019ab5d0-0000-7000-8000-${String(i).padStart(12, '0')}`);

type Row = readonly [name: string, atOnce: number, bytes: () => Buffer, right: HostileClient['right']];

/** In this order: what is looked at has been put before. */
const rows: readonly Row[] = [
  ['JSON of spaces and a field that is none', 100, () => postJson(`{${source}${filled(' ')},"k":1}`), refused],
  ['JSON of brackets', 100, () => postJson(`{"metadata":${'['.repeat(30_000)}${']'.repeat(30_000)}}`), refused],
  ['JSON of numbers', 100, () => postJson(`[${filled('1,')}1]`), refused],
  ['JSON of empty thumbnails', 100, () => postJson(`{${source},"thumbnails":[${filled('{},')}{}]}`), refused],
  ['JSON of unknown fields', 100, () => postJson(`{${source},${filled('"k":1,')}"k":1}`), refused],
  ['looks at 100 ids', 60, () => get(`/v1/thumbnails?${ids.join('&')}`), [200]],
  ['looks at the figures', 100, () => get('/metrics'), [200, 401]],
  ['looks at the document', 100, () => get('/openapi.json'), [200]],
  ['looks at the longest palette there is', 100, () => get('/v1/palettes/xkcd'), [200]],
  ['matches of 100 colours', 20, () => get(`/v1/colours/match?palette=xkcd&count=50&hex=${hexes}`), [200]],
  ['palettes of 64 kB', 50, () => putPalette('small', largeColours(1_500)), [200, 201]],
  ['palettes of 64 kB that are all wrong', 50, () => putPalette('wrong', `[${filled('{},')}{}]`), refused],
  [
    'palettes of 64 kB in CSV that are all wrong',
    20,
    () => putPalette('wrong', `name,hex\n${filled('c,r\n')}`, 'text/csv'),
    refused,
  ],
  ['palettes of 10 000 colours', 12, () => putPalette('many', largeColours(mostColours, 4)), [200, 201]],
  [
    'palettes of 10 000 colours in CSV',
    12,
    () => putPalette('many-csv', `name,hex\n${rowsOf(mostColours)}`, 'text/csv'),
    [200, 201],
  ],
  ['looks at a large palette that was just put', 12, () => get('/v1/palettes/many'), [200]],
  ['looks at a large palette', 100, () => get('/v1/palettes/many'), [200]],
  ['looks at a large palette as CSV', 100, () => get('/v1/palettes/many', 'accept: text/csv'), [200]],
  ['matches of a colour with a large palette', 100, () => get('/v1/colours/match?palette=many&hex=ff00aa'), [200]],
  ['matches of 100 colours with a large palette', 10, () => matchOf('many', 'count=50'), [200]],
];

/** While others are answered an answer may pause; each ends with its connection. */
const quietMs = 5_000;

function closing(request: Buffer): Buffer {
  const at = request.indexOf('\r\n');
  return Buffer.concat([request.subarray(0, at), Buffer.from('\r\nconnection: close'), request.subarray(at)]);
}

/** One case after the other, so that what the loop was held by has a name. */
export function manyAtOnce(): ClientClass {
  return {
    name: 'large requests at once',
    atOnce: 1,
    cases: rows.map(([name, copies, bytes, right]) => ({
      name: `${copies} ${name}`,
      pieces: () => [closing(bytes())],
      quietMs,
      copies,
      right,
      isSlow: true,
    })),
  };
}
