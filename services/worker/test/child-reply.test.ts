/** What a child is believed: its answer is held against what was asked, before anything of it is used. */
import { expect, test } from '@jest/globals';
import type { PictureOrder } from '@tintype/contracts';
import { ReplyListener } from '../src/picture/child-reply.ts';
import { FrameReader, frameOf } from '../src/picture/frames.ts';

const limits = { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 2 ** 30, timeoutMs: 20_000 };
const settings = { limits, reducesJpegs: false };
const rendition = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' } as const;
const untold = () => undefined;
/** No more than the first bytes of one. */
const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const facts = { format: 'png', width: 3, height: 2, hasAlpha: false };
const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
const shape = { width: 100, height: 100, format: 'jpeg' };
const sample = { width: 3, height: 2, channels: 3, hasLight: true };
const pixels = Buffer.alloc(3 * 2 * 3);
const drawn = { facts, renditions: [shape], sample, resizeMs: 0 };
/** The same for each of six pixels. */
const lightOf = (...values: number[]) => Buffer.from(Float32Array.from(Array(6).fill(values).flat()).buffer);
const light = lightOf(0.2, 0, 1, 1);
const answerOf = (changes: Partial<PictureOrder>, ...messages: (object | Buffer)[]) => {
  const asked = { renditions: [rendition], colours: { count: 3 }, ...changes };
  const listener = new ReplyListener({ bytes: png, order: asked }, settings, untold);
  const next = messages.map((message) =>
    listener.listen(Buffer.isBuffer(message) ? message : Buffer.from(JSON.stringify(message))),
  );
  return { answer: listener.answer, next };
};
const drawnWith = (changes: object) => ({ ...drawn, sample: { ...sample, ...changes } });

test('when the answer fits the question, then it is taken, and no frame may be longer than there is need for', () => {
  const { answer, next } = answerOf({}, { step: 'decode' }, drawn, jpeg, pixels, light);
  expect(answer?.drawn).toMatchObject({ facts, renditions: [{ name: 'default', ...shape }] });
  expect(answer?.drawn.sample).toMatchObject({ width: 3, height: 2, channels: 3, data: pixels });
  expect(answer?.drawn.sample?.light?.slice(0, 4)).toEqual(Float32Array.of(0.2, 0, 1, 1));
  expect(next).toEqual([64 * 1024, 100 * 100 * 8 + 256 * 1024, 3 * 2 * 3, 3 * 2 * 16, null]);
  expect(answerOf({}, drawnWith({ hasLight: false }), jpeg, pixels).answer?.drawn.sample?.light).toBeUndefined();
});

test.each([
  ['no JSON object', []],
  ['a format that there is not', { ...drawn, facts: { ...facts, format: 'exe' } }],
  ['a format that the bytes are not of', { ...drawn, facts: { ...facts, format: 'gif' } }],
  ['a source of 1e300 pixels a side', { ...drawn, facts: { ...facts, width: 1e300 } }],
  ['a source of more pixels than are accepted', { ...drawn, facts: { ...facts, width: 1e7, height: 11 } }],
  ['a damaged source that was not to be accepted', { ...drawn, facts: { ...facts, isDamaged: true } }],
  ['a wrong option where there was none', { problem: 'invalid_option', detail: 'x' }],
  ['a field too many', { ...drawn, facts: { ...facts, tenant: 'x' } }],
  ['no thumbnail', { ...drawn, renditions: [] }],
  ['a thumbnail too many', { ...drawn, renditions: [shape, shape] }],
  ['a thumbnail of another size', { ...drawn, renditions: [{ ...shape, width: 2 ** 40 }] }],
  ['a thumbnail in another format', { ...drawn, renditions: [{ ...shape, format: 'avif' }] }],
  ['another kind of picture', { ...drawn, renditions: [{ ...shape, format: 'webp' }] }],
  ['no sample', { ...drawn, sample: null }],
  ['a sample that is too large', drawnWith({ width: 201 })],
  ['a sample of 1e300 pixels a side', drawnWith({ height: 1e300 })],
  ['a sample without pixels', drawnWith({ width: 0 })],
  ['a sample of half a pixel', drawnWith({ width: 0.5 })],
  ['a sample of five channels', drawnWith({ channels: 5 })],
  ['a field too many in the sample', drawnWith({ tenant: 'x' })],
  ['a step that took longer than the child lived', { ...drawn, resizeMs: 1e15 }],
  ['a step that took less than no time', { ...drawn, resizeMs: -1 }],
  ['a step that there is not', { step: 'store' }],
  ['a problem of somebody else', { problem: 'unauthorized', detail: 'x' }],
  ['a problem with more to it', { problem: 'corrupt_image', detail: 'x', tenant: 'x' }],
])('when the answer has %s, then it is refused', (_what, message) => {
  expect(() => answerOf({}, message, jpeg, pixels, light)).toThrow();
});

test.each([
  ['fewer pixels than it told', [Buffer.alloc(17), light]],
  ['light of fewer pixels', [pixels, light.subarray(4)]],
  ['light that is no number', [pixels, lightOf(Number.NaN, 0, 0, 1)]],
  ['cover that is no number', [pixels, lightOf(0, 0, 0, Number.NaN)]],
  ['endless light', [pixels, lightOf(0, Number.POSITIVE_INFINITY, 0, 1)]],
  ['less light than none', [pixels, lightOf(0, 0, -0.5, 1)]],
  ['more light than white has', [pixels, lightOf(1.1, 0, 0, 1)]],
  ['a pixel that covers more than it can stand for', [pixels, lightOf(1, 1, 1, 5)]],
])('when the sample has %s, then it is refused', (_what, frames) => {
  expect(() => answerOf({}, drawn, jpeg, ...frames)).toThrow('the child sent');
});

test('when damage was to be accepted, then a source may be damaged; when a frame was wanted, it may be missing', () => {
  const damaged = { ...drawn, facts: { ...facts, isDamaged: true } };
  const { answer } = answerOf({ on_damage: 'accept' }, damaged, jpeg, pixels, light);
  expect(answer?.drawn.facts).toMatchObject({ isDamaged: true });
  const missing = { problem: 'invalid_option', detail: 'The picture has one frame.' };
  expect(() => answerOf({ frame: 1 }, missing)).toThrow('The picture has one frame.');
});

test('when no colours were asked for, then no sample is taken', () => {
  expect(answerOf({ colours: null }, { ...drawn, sample: null }, jpeg).answer).not.toBeNull();
  expect(() => answerOf({ colours: null }, drawn, jpeg, pixels, light)).toThrow();
});

test.each([
  [{ fit: 'inside' }, { width: 300, height: 200 }, { width: 100, height: 67 }, { width: 100, height: 100 }],
  [{ fit: 'outside' }, { width: 300, height: 200 }, { width: 150, height: 100 }, { width: 100, height: 67 }],
  [{ fit: 'contain' }, { width: 300, height: 200 }, { width: 100, height: 100 }, { width: 100, height: 67 }],
  [{ fit: 'inside' }, { width: 30, height: 20 }, { width: 30, height: 20 }, { width: 100, height: 67 }],
  [
    { rotate: 90, fit: 'inside' },
    { width: 300, height: 200 },
    { width: 67, height: 100 },
    { width: 100, height: 67 },
  ],
  [{ padding: 5 }, { width: 300, height: 200 }, { width: 110, height: 110 }, { width: 100, height: 100 }],
  [
    { trim: 10, fit: 'inside' },
    { width: 300, height: 200 },
    { width: 5, height: 100 },
    { width: 5, height: 101 },
  ],
] as const)(
  'when a thumbnail has %j, then of a picture of %j it is %j, not %j',
  (options, size, possible, impossible) => {
    const answer = (thumbnail: object) =>
      answerOf(
        { renditions: [{ ...rendition, ...options }], colours: null },
        { ...drawn, facts: { ...facts, ...size }, renditions: [{ ...shape, ...thumbnail }], sample: null },
        jpeg,
      ).answer;
    expect(answer(possible)).not.toBeNull();
    expect(() => answer(impossible)).toThrow();
  },
);

test('when a child tells steps for ever, then it is refused', () => {
  expect(() => answerOf({}, ...Array(200).fill({ step: 'resize' }))).toThrow();
});

test('when frames come in pieces, then they are put together; one that is too long is refused by its length', () => {
  const messages = ['one', '', 'four'];
  const whole = Buffer.concat(messages.flatMap((message) => frameOf(Buffer.from(message))));
  const heard: string[] = [];
  const reader = new FrameReader(3, (message) => (heard.push(String(message)) < 3 ? 4 : null));
  for (const byte of whole) reader.add(Buffer.from([byte]));
  reader.add(Buffer.from('rest'));
  expect(heard).toEqual(messages);
  expect(() => new FrameReader(2, () => null).add(whole)).toThrow('3 bytes');
});
