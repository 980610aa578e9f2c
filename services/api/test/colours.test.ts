/** Matching colours and keeping palettes, without a picture. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiUnderTest, form, startApiUnderTest } from './api-under-test.ts';

let api: ApiUnderTest;
beforeAll(async () => {
  api = await startApiUnderTest();
});
afterAll(() => api.stop());

const match = (query: string) => api.app.inject(`/v1/colours/match?${query}`);
const put = (name: string, payload: string | object, headers = {}) =>
  api.app.inject({ method: 'PUT', url: `/v1/palettes/${name}`, payload, headers });
const csv = { 'content-type': 'text/csv' };

describe('matching colours', () => {
  test('when a colour is asked for again, then it is answered again', async () => {
    const { data } = (await match('hex=ff0000,00ff00,ff0000,ff0000&count=2')).json();
    expect(data.map(({ colour }: { colour: { hex: string } }) => colour.hex)).toEqual([
      '#ff0000',
      '#00ff00',
      '#ff0000',
      '#ff0000',
    ]);
    expect(data[2]).toEqual(data[0]);
  });

  test('when an owner has noted a distance, then that of the match is told', async () => {
    const payload = [{ name: 'a', hex: '#ff0000', distance: 'far', within_tolerance: 'no', sku: 7 }];
    await api.app.inject({ method: 'PUT', url: '/v1/palettes/noted', payload });
    const { matches } = (await match('hex=ff0000&palette=noted')).json();
    expect(matches).toEqual([{ name: 'a', hex: '#ff0000', sku: 7, distance: 0, within_tolerance: true }]);
    await api.app.inject({ method: 'DELETE', url: '/v1/palettes/noted' });
  });

  test('when one colour is matched, then the answer has it, its nearest CSS colours and how far they are', async () => {
    const response = await match('hex=008080');
    expect([response.statusCode, response.json()]).toEqual([
      200,
      {
        colour: { hex: '#008080', rgb: [0, 128, 128], oklch: [0.5431, 0.0927, 194.77], name: 'teal' },
        matches: [
          { name: 'teal', hex: '#008080', distance: 0, within_tolerance: true },
          { name: 'darkcyan', hex: '#008b8b', distance: expect.any(Number), within_tolerance: true },
          expect.objectContaining({ distance: expect.any(Number) }),
          expect.objectContaining({ distance: expect.any(Number) }),
        ],
        metric: 'ciede2000',
        tolerance: 10,
        palette_name: 'css3',
      },
    ]);
  });

  test('when several colours are matched, then each has its matches, in order', async () => {
    const body = (await match('hex=%23ff0000,00FF00&count=1&metric=rgb&palette=basic16')).json();
    expect(body).toMatchObject({
      data: [{ matches: [{ name: 'red', distance: 0 }] }, { matches: [{ name: 'lime', distance: 0 }] }],
      metric: 'rgb',
      palette_name: 'basic16',
    });
  });

  test('when a name has aliases, then they come with it', async () => {
    expect((await match('hex=00ffff&count=1')).json().matches[0]).toMatchObject({ name: 'aqua', aliases: ['cyan'] });
  });

  test('when it is strict and nothing is near, then there are no matches; without, the nearest is told to be far', async () => {
    expect((await match('hex=123abc&palette=basic16&tolerance=1&strict=true')).json().matches).toEqual([]);
    const lenient = (await match('hex=123abc&palette=basic16&tolerance=1')).json().matches;
    expect(lenient).toHaveLength(4);
    expect(lenient[0].within_tolerance).toBe(false);
  });

  test('when the survey’s names are asked for, then they answer, and the other spelling of the address works', async () => {
    const response = await api.app.inject('/v1/colors/match?hex=acc2d9&palette=xkcd&count=1&metric=oklab');
    expect(response.json().matches).toEqual([
      { name: 'cloudy blue', hex: '#acc2d9', distance: 0, within_tolerance: true },
    ]);
  });

  test.each([
    ['', 400, 'invalid_request'],
    ['hex=008080&url=https://example.org/', 400, 'invalid_request'],
    ['hex=taupe', 422, 'invalid_option'],
    ['hex=', 422, 'invalid_option'],
    ['hex=008080&metric=lab', 422, 'invalid_option'],
    ['hex=008080&count=0', 422, 'invalid_option'],
    ['hex=008080&tolerance=-1', 422, 'invalid_option'],
    ['hex=008080&palette=nowhere', 404, 'not_found'],
    ['hex=008080&palette=..%2Fx', 422, 'invalid_option'],
    ['hex=008080&tolerence=5', 400, 'invalid_request'],
    ['url=nowhere', 400, 'invalid_request'],
    [`hex=${Array.from({ length: 101 }, () => '008080').join()}`, 422, 'invalid_option'],
  ])('when %s is asked, then %i %s', async (query, status, code) => {
    const response = await match(query);
    expect([response.statusCode, response.json().code]).toEqual([status, code]);
  });

  test.each(['hex=teal', 'hex=TEAL', 'hex=008080', 'hex=%23008080'])(
    'when %s is asked, then it is teal',
    async (query) => {
      expect((await match(query)).json()).toMatchObject({
        colour: { hex: '#008080' },
        matches: [{ name: 'teal' }, {}, {}, {}],
      });
    },
  );

  test('when names and short digits are mixed, then each is matched', async () => {
    const { data } = (await match('hex=088,red,%23FFF&count=1')).json();
    expect(data.map(({ colour }: { colour: { hex: string } }) => colour.hex)).toEqual([
      '#008888',
      '#ff0000',
      '#ffffff',
    ]);
  });

  test.each([
    ['hex=', '/hex has an empty colour; clients cut a URL off at #: write 008080 or %23008080.'],
    ['hex=tael', '/hex must be six or three hex digits, like 008080, or a CSS colour name; did you mean teal?'],
    ['hex=12345', '/hex must be six or three hex digits, like 008080, or a CSS colour name.'],
    ['hex=teal&tolerence=5', '/tolerence is not known in the URL; did you mean tolerance?'],
  ])('when %s is asked, then the next step is said', async (query, detail) => {
    expect((await match(query)).json().detail).toBe(detail);
  });

  test('when an upload has no file, or a palette that is not there, then it is said and nothing is kept', async () => {
    const upload = (...parts: Parameters<typeof form>) =>
      api.app.inject({ method: 'POST', url: '/v1/colours/match', ...form(...parts) });
    expect((await upload({ name: 'count', value: '1' })).json().code).toBe('invalid_request');
    const png = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');
    const unknown = await upload(
      { name: 'file', value: png, filename: 'a.png' },
      { name: 'palette', value: 'nowhere' },
    );
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'not_found']);
    expect((await api.app.inject({ method: 'POST', url: '/v1/colours/match', payload: {} })).statusCode).toBe(415);
  });
});

describe('palettes', () => {
  test('when they are listed, then the built-in ones are there with their sizes', async () => {
    const { data } = (await api.app.inject('/v1/palettes')).json();
    expect(data).toMatchObject([
      { name: 'css3', kind: 'built-in', size: 139 },
      { name: 'basic16', kind: 'built-in', size: 16 },
      { name: 'xkcd', kind: 'built-in', size: 949 },
    ]);
    expect((await api.app.inject('/v1/palettes/basic16')).json().colours).toHaveLength(16);
  });

  test('when a palette is kept as JSON, then its extra fields come back with the match; changed, the new one answers', async () => {
    const created = await put('paints', [
      { name: 'Petrol', hex: '#005F6A', sku: 'P-17', litres: 2.5 },
      { name: 'Chalk', hex: '#F4F1E8', sku: 'C-1' },
    ]);
    expect([created.statusCode, created.json()]).toEqual([
      201,
      { name: 'paints', kind: 'own', size: 2, url: 'http://localhost:3000/v1/palettes/paints' },
    ]);
    expect((await match('hex=00606b&palette=paints&count=1')).json().matches).toEqual([
      {
        name: 'Petrol',
        hex: '#005f6a',
        sku: 'P-17',
        litres: 2.5,
        distance: expect.any(Number),
        within_tolerance: true,
      },
    ]);
    expect((await put('paints', [{ name: 'Ink', hex: '#101020' }])).statusCode).toBe(200);
    expect((await match('hex=00606b&palette=paints')).json().matches).toMatchObject([{ name: 'Ink' }]);
  });

  test('when a palette is kept as CSV, then every column is a field, and it can be had as CSV again', async () => {
    expect(
      (await put('swatches', 'name,hex,sku\r\n"Red, deep",#a00000,R1\r\nGrün,#00a000,G1\r\n', csv)).statusCode,
    ).toBe(201);
    expect((await match('hex=a00000&palette=swatches&count=1')).json().matches[0]).toMatchObject({
      name: 'Red, deep',
      sku: 'R1',
    });
    const back = await api.app.inject({ url: '/v1/palettes/swatches', headers: { accept: 'text/csv' } });
    expect(back.headers['content-type']).toMatch(/^text\/csv/);
    expect(back.body).toBe('name,hex,sku\r\n"Red, deep",#a00000,R1\r\nGrün,#00a000,G1\r\n');
  });

  test('when a CSV comes from a spreadsheet that writes semicolons, then commas in it are words', async () => {
    expect((await put('semicolons', 'name;hex\nRed, deep;#a00000\n', csv)).statusCode).toBe(201);
    const { data } = (await api.app.inject('/v1/palettes')).json();
    expect(data).toContainEqual(expect.objectContaining({ name: 'semicolons', kind: 'own', size: 1 }));
    const [asJson, asCsv] = await Promise.all(
      ['application/json', 'text/csv'].map((accept) =>
        api.app.inject({ url: '/v1/palettes/semicolons', headers: { accept } }),
      ),
    );
    expect(asJson?.headers.etag).not.toBe(asCsv?.headers.etag);
    const changed = await put('semicolons', 'name,hex\nBlue,#0000a0\n', {
      ...csv,
      'if-match': `"other", ${asCsv?.headers.etag}`,
    });
    expect(changed.statusCode).toBe(200);
  });

  test('when someone else has changed it, then If-Match refuses; what exists already is not created again', async () => {
    const first = await put('guarded', [{ name: 'A', hex: '#aaaaaa' }], { 'if-none-match': '*' });
    expect(first.statusCode).toBe(201);
    expect((await put('guarded', [{ name: 'B', hex: '#bbbbbb' }], { 'if-none-match': '*' })).json().code).toBe(
      'precondition_failed',
    );
    const changed = await put('guarded', [{ name: 'B', hex: '#bbbbbb' }], { 'if-match': String(first.headers.etag) });
    expect(changed.statusCode).toBe(200);
    expect(
      (await put('guarded', [{ name: 'C', hex: '#cccccc' }], { 'if-match': String(first.headers.etag) })).statusCode,
    ).toBe(412);
    const unchanged = await api.app.inject({
      url: '/v1/palettes/guarded',
      headers: { 'if-none-match': String(changed.headers.etag) },
    });
    expect(unchanged.statusCode).toBe(304);
    const remove = (headers = {}) => api.app.inject({ method: 'DELETE', url: '/v1/palettes/guarded', headers });
    expect((await remove({ 'if-match': String(first.headers.etag) })).statusCode).toBe(412);
    expect((await remove({ 'if-match': String(changed.headers.etag) })).statusCode).toBe(204);
    expect((await remove()).statusCode).toBe(404);
    expect((await api.app.inject('/v1/palettes/guarded')).statusCode).toBe(404);
  });

  test.each<[string, string, string | object, Record<string, string>, number, string]>([
    ['a built-in name', 'css3', [{ name: 'A', hex: '#aaaaaa' }], {}, 409, 'conflict'],
    ['no colour at all', 'own', [], {}, 400, 'invalid_request'],
    ['no array', 'own', { name: 'A', hex: '#aaaaaa' }, {}, 400, 'invalid_request'],
    ['a colour that is none', 'own', [{ name: 'A', hex: 'red' }], {}, 422, 'invalid_option'],
    ['a colour without a name', 'own', [{ hex: '#aaaaaa' }], {}, 400, 'invalid_request'],
    ['a bad name', 'Own!', [{ name: 'A', hex: '#aaaaaa' }], {}, 422, 'invalid_option'],
    ['CSV without the columns', 'own', 'colour\nred\n', csv, 400, 'invalid_request'],
    ['CSV with a broken quote', 'own', 'name,hex\n"red,#ff0000\n', csv, 400, 'invalid_request'],
    ['CSV with too many cells', 'own', 'name,hex\nred,#ff0000,1\n', csv, 400, 'invalid_request'],
    [
      'more than 10 000 colours',
      'own',
      Array.from({ length: 10_001 }, () => ({ name: 'A', hex: '#aaaaaa' })),
      {},
      422,
      'invalid_option',
    ],
  ])('when %s is kept, then it is refused', async (_what, name, payload, headers, status, code) => {
    const response = await put(name, payload, headers);
    expect([response.statusCode, response.json().code]).toEqual([status, code]);
  });

  test('when a palette has 10 000 colours, then it is kept and matched', async () => {
    const colours = Array.from({ length: 10_000 }, (_, i) => ({
      name: `n${i}`,
      hex: `#${((i * 1677) % 16_777_216).toString(16).padStart(6, '0')}`,
    }));
    expect((await put('large', colours)).statusCode).toBe(201);
    expect((await match(`hex=${colours[77]?.hex.slice(1)}&palette=large&count=1`)).json().matches[0]).toMatchObject({
      name: 'n77',
      distance: 0,
    });
  });
});
