/** How colours are asked for: what is ignored, how many, under which names in CSS. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ApiUnderTest, type FormPart, form, startApiUnderTest } from './api-under-test.ts';
import { type CompletingWorker, startCompletingWorker } from './completing-worker.ts';

let api: ApiUnderTest;
let worker: CompletingWorker;
beforeAll(async () => {
  api = await startApiUnderTest();
  worker = await startCompletingWorker(api);
});
afterAll(async () => {
  await worker.stop();
  await api.stop();
});

const url = 'http://example.org/a.png';
const post = (colours: object) =>
  api.app.inject({ method: 'POST', url: '/v1/thumbnails?wait=10', payload: { url, colours } });
const upload = (path: string, ...fields: FormPart[]) =>
  api.app.inject({
    method: 'POST',
    url: path,
    ...form({ name: 'file', value: worker.picture, filename: 'a.png' }, ...fields),
  });
const field = (name: string, value: string) => ({ name, value });

describe('colours to ignore', () => {
  test.each([
    'background',
    'Background',
    'transparent',
    'white',
    '#fff',
    'ffffff',
    [],
    ['background', '#ffffff', 'rebeccapurple', 'GREY'],
  ])('when %j is to be ignored, then the job is taken', async (ignore) => {
    expect((await post({ ignore })).statusCode).toBe(200);
  });

  test.each([
    ['wite', '/colours/ignore must be background, #rrggbb or a CSS colour name; did you mean white?'],
    ['backgruond', '/colours/ignore must be background, #rrggbb or a CSS colour name; did you mean background?'],
    ['#ffffff80', '/colours/ignore must be background, #rrggbb or a CSS colour name.'],
    [['white', 'xyzzy'], '/colours/ignore/1 must be background, #rrggbb or a CSS colour name.'],
  ])('when %j is to be ignored, then it is said what would do', async (ignore, detail) => {
    const response = await post({ ignore });
    const { code, errors, ...problem } = response.json();
    expect([response.statusCode, code, problem.detail]).toEqual([422, 'invalid_option', detail]);
    expect(errors).toEqual([{ pointer: detail.split(' ')[0], detail: expect.stringContaining('must be background') }]);
  });

  test.each([
    [{ ignore: Array(9).fill('white') }, 400],
    [{ ignore: 7 }, 400],
    [{ ignore: [['white']] }, 400],
    [{ ignore: '' }, 400],
    [{ ignore: 'white', tolerance: 51 }, 422],
    [{ ignore: 'white', tolerance: -1 }, 422],
    [{ count: 17 }, 422],
    [{ count: 0 }, 422],
    [{ ignores: 'white' }, 400],
  ])('when colours are asked for by %j, then it is refused with %i', async (colours, status) => {
    expect((await post(colours)).statusCode).toBe(status);
  });
});

describe('fields of a form', () => {
  test.each<[string, FormPart[], number]>([
    ['one ignored colour', [field('colours.ignore', 'white')], 200],
    ['several', [field('colours.ignore', 'white'), field('colours.ignore', '#336699')], 200],
    ['a number among them', [field('colours.ignore', '336699')], 200],
    ['a count', [field('colours.count', '16')], 200],
    ['a region by its name', [field('colours.region', 'edges')], 200],
    ['a region as a box', [field('colours.region', '{"x":0,"y":0,"w":1,"h":1}')], 200],
    ['both spellings', [field('colours', '{"count":3}'), field('colours.ignore', 'white')], 200],
    ['a count that is none', [field('colours.count', 'many')], 400],
    ['a field that was left empty', [field('colours.count', '')], 200],
    ['a truth in JSON', [field('colours', '{"count":true}')], 400],
    ['half a colour in JSON', [field('colours', '{"count":1.5}')], 400],
    ['a truth for a count', [field('colours.count', 'true')], 400],
    ['half a colour', [field('colours.count', '1.5')], 400],
    ['too many colours', [field('colours.count', '17')], 422],
    ['an unknown option', [field('colours.size', '3')], 400],
    ['a prototype', [field('colours.__proto__', '3')], 400],
    ['an option of no options', [field('width.count', '3')], 400],
    ['a box that is none', [field('colours.region', '{"x":')], 400],
    ['a box by its parts', ['x', 'y', 'width', 'height'].map((part) => field(`colours.region.${part}`, '10%')), 200],
    ['a box with a part left empty', [field('colours.region.x', ''), field('colours.region', 'edges')], 200],
    ['a part that no box has', [field('colours.region.depth', '1')], 400],
    ['a wrong whole', [field('colours', '7'), field('colours.count', '3')], 400],
    ['a colour that is none', [field('colours.ignore', 'wite')], 422],
    ['a count twice', [field('colours.count', '3'), field('colours.count', '4')], 400],
    ['a count that is not in decimal digits', [field('colours.count', '0x3')], 400],
  ])('when a form has %s, then it is %j → %i', async (_what, fields, status) => {
    const response = await upload('/v1/thumbnails?wait=10', ...fields);
    expect([response.statusCode, response.statusCode === 200 || response.json().code]).toEqual([
      status,
      status === 200 || (status === 400 ? 'invalid_request' : 'invalid_option'),
    ]);
  });
});

describe('a match', () => {
  const get = (query: string) => api.app.inject(`/v1/colours/match?url=${url}&${query}`);

  test('when it says how many colours a palette has, and what is ignored, then the count stays that of matches', async () => {
    const response = await get('colours=16&ignore=white&ignore=%23000000&count=2');
    expect([response.statusCode, response.json().matches.length]).toEqual([200, 2]);
    const uploaded = await upload(
      '/v1/colours/match',
      field('colours', '16'),
      field('ignore', 'white'),
      field('ignore', 'black'),
      field('count', '2'),
    );
    expect([uploaded.statusCode, uploaded.json().matches.length]).toEqual([200, 2]);
  });

  test.each([
    ['colours=17', 422, '/colours'],
    ['colours=many', 400, '/colours'],
    ['ignore=wite', 422, '/ignore'],
    ['ignore=white&ignore=wite', 422, '/ignore/1'],
  ])('when %s is asked for, then it is %i at %s', async (query, status, pointer) => {
    const response = await get(query);
    expect([response.statusCode, response.json().errors[0].pointer]).toEqual([status, pointer]);
  });

  test('when a form says it wrongly, then it is refused, too', async () => {
    expect((await upload('/v1/colours/match', field('colours', 'many'))).statusCode).toBe(400);
    expect((await upload('/v1/colours/match', field('ignore', 'wite'))).json().errors[0].pointer).toBe('/ignore');
  });
});

describe('CSS', () => {
  let path: string;
  beforeAll(async () => {
    path = `/v1/thumbnails/${(await post({})).json().id}/colours`;
  });
  const css = (query: string) => api.app.inject({ url: `${path}?${query}`, headers: { accept: 'text/css' } });

  test('when nothing is said, then the names are the usual ones, and what was found before there were swatches has none', async () => {
    expect((await css('')).body).toBe(
      ':root {\n  --colour-dominant: #aa3300;\n  --colour-text: #ffffff;\n  --colour-1: #aa3300;\n}\n',
    );
    expect((await api.app.inject(path)).json()).not.toHaveProperty('swatches');
  });

  test.each([
    ':root',
    ':host',
    'main',
    '.card',
    '#hero',
    '[data-theme=dark]',
    'section.card#first[data-state=open] h2.title',
    ':root[data-theme=dark] .x_y-z',
  ])('when the selector is %s, then they are declared for it', async (selector) => {
    const { body } = await css(`prefix=brand&selector=${encodeURIComponent(selector)}`);
    expect(body).toBe(
      `${selector} {\n  --brand-dominant: #aa3300;\n  --brand-text: #ffffff;\n  --brand-1: #aa3300;\n}\n`,
    );
  });

  test.each([
    ['selector', 'a{}body'],
    ['selector', '}'],
    ['selector', '*'],
    ['selector', '.a,.b'],
    ['selector', '/*'],
    ['selector', '@import "x"'],
    ['selector', 'a\nb'],
    ['selector', '[x="]{}"]'],
    ['selector', '[href^=x]'],
    ['selector', ':root:has(a)'],
    ['selector', '\\7b'],
    ['selector', ''],
    ['selector', ' '],
    ['selector', 'a '],
    ['selector', `${'a '.repeat(100)}a`],
    ['selector', '</style><script>'],
    ['prefix', ''],
    ['prefix', '-x'],
    ['prefix', '1'],
    ['prefix', 'a:b'],
    ['prefix', 'a;b'],
    ['prefix', 'é'],
    ['prefix', 'a'.repeat(41)],
  ])('when the %s is %j, then it is refused and does not come back', async (name, value) => {
    const response = await css(`${name}=${encodeURIComponent(value)}`);
    expect([response.statusCode, response.json().code, response.json().errors[0].pointer]).toEqual([
      422,
      'invalid_option',
      `/${name}`,
    ]);
  });

  test('when a selector is long and nearly right, then it is refused at once', async () => {
    expect((await css(`selector=${encodeURIComponent(`${'.a'.repeat(99)}!`)}`)).statusCode).toBe(422);
  });
});
