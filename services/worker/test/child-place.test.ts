/** The disposable child, a real one each time: what it makes, how it ends, what it has and what it is believed. */
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type PictureOrder, Problem } from '@tintype/contracts';
import { makePicture } from '@tintype/picture';
import { childrenOf, firstChildOf, photograph, slowJpeg, untilGone } from '@tintype/testkit';
import sharp from 'sharp';
import { ReplyListener } from '../src/picture/child-messages.ts';
import { type ChildPlaceOptions, createChildPlace } from '../src/picture/child-place.ts';
import { probeConfinement } from '../src/picture/confinement.ts';
import { FrameReader, frameOf } from '../src/picture/frames.ts';

const megabytes = 1024 * 1024;
const settings: ChildPlaceOptions = {
  limits: { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 1024 * megabytes, timeoutMs: 20_000 },
  // A JPEG of many scans would be reduced at once: here it is to take long.
  reducesJpegs: false,
  dataBytes: null,
  confinement: await probeConfinement(),
  env: {},
};
const rendition = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' } as const;
const order: PictureOrder = { renditions: [rendition], colours: {} };
const slow = { bytes: slowJpeg(4096), order };
const untold = () => undefined;
const forEver = new AbortController().signal;

/** What the kernel counts for a Node that does nothing. */
function bareNodeBytes(): number {
  const status = execFileSync(process.execPath, ['-p', 'fs.readFileSync("/proc/self/status", "latin1")'], { env: {} });
  return Number(/VmData:\s+(\d+)/.exec(String(status))?.[1]) * 1024;
}

/** It holds much more than a Node that has not begun. */
async function untilItDecodes(pid: number): Promise<void> {
  const residentBytes = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  while (residentBytes() < 200 * megabytes) await new Promise(setImmediate);
}

const childrenWith = (changes: Partial<ChildPlaceOptions> = {}) => createChildPlace({ ...settings, ...changes });
const make = (bytes: Buffer, changes: Partial<ChildPlaceOptions> = {}) =>
  childrenWith(changes).make({ bytes, order }, forEver, untold);

describe('what it makes', () => {
  test('when pictures are made in a child, then they are the same as here, and it says which step begins', async () => {
    const bytes = await photograph(400, 300);
    const several: PictureOrder = {
      renditions: [rendition, { ...rendition, name: 'wide', width: 300, format: 'png' }],
      colours: { count: 3 },
    };
    const steps: string[] = [];
    const answer = await childrenWith().make({ bytes, order: several }, forEver, (step) => void steps.push(step));
    expect(answer.made).toEqual(await makePicture(bytes, several, settings.limits));
    expect(steps).toEqual(['decode', 'resize', 'colours']);
    expect(Object.keys(answer.timingsMs)).toEqual(['resize', 'colours']);
  });

  test('when only colours, or only a thumbnail is wanted, then nothing else is made', async () => {
    const bytes = await photograph(400, 300);
    const make = async (changes: Partial<PictureOrder>) =>
      (await childrenWith().make({ bytes, order: { ...order, ...changes } }, forEver, untold)).made;
    expect(await make({ renditions: [] })).toMatchObject({ renditions: [], colours: { palette: expect.anything() } });
    expect(await make({ colours: null })).toMatchObject({
      renditions: [{ width: 100 }],
      colours: null,
      placeholder: null,
    });
  });

  test('when the picture is at fault, then the child says so', async () => {
    await expect(make(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).rejects.toMatchObject({
      code: 'unsupported_format',
      message: 'SVG is not accepted.',
    });
    const cut = (await photograph(400, 300)).subarray(0, 5000);
    await expect(make(cut)).rejects.toMatchObject({ code: 'corrupt_image' });
  });
});

describe('how it ends', () => {
  test('when a decode takes too long, then its child is gone and it is a decode_timeout', async () => {
    const making = childrenWith({ limits: { ...settings.limits, timeoutMs: 1000 } }).make(slow, forEver, untold);
    const pid = await firstChildOf(process.pid);
    await expect(making).rejects.toMatchObject({ code: 'decode_timeout', retryable: false });
    await untilGone(pid);
  });

  test('when the child dies, then it is worker_crashed for good', async () => {
    const making = childrenWith().make(slow, forEver, untold);
    process.kill(await firstChildOf(process.pid), 'SIGSEGV');
    await expect(making).rejects.toMatchObject({ code: 'worker_crashed', retryable: false });
  });

  test('when a decode takes more memory than there is for it, then it is too_many_pixels; neighbours come through', async () => {
    const dataBytes = bareNodeBytes() + 128 * megabytes;
    const square = { create: { width: 4000, height: 4000, channels: 3, background: '#008080' } } as const;
    const avif = await sharp(square).avif({ effort: 0 }).toBuffer();
    const gif = await sharp(square).gif({ effort: 1 }).toBuffer();
    const ends = await Promise.allSettled([
      make(avif, { dataBytes }),
      make(gif, { dataBytes }),
      make(await photograph(400, 300), { dataBytes }),
    ]);
    expect(ends).toMatchObject([
      { reason: { code: 'too_many_pixels' } },
      { reason: { code: 'too_many_pixels' } },
      { value: { made: { facts: { width: 400 } } } },
    ]);
  });

  test('when the job is to end, or the worker, then the child is gone', async () => {
    const abort = new AbortController();
    const aborted = childrenWith().make(slow, abort.signal, untold);
    await firstChildOf(process.pid);
    abort.abort(new Problem('internal_error', { detail: 'cancelled' }));
    await expect(aborted).rejects.toMatchObject({ message: 'cancelled' });

    const children = childrenWith();
    const stopped = expect(children.make(slow, forEver, untold)).rejects.toThrow('the worker stops');
    await firstChildOf(process.pid);
    await children.stop();
    expect(childrenOf(process.pid)).toEqual([]);
    await stopped;
  });

  test('when the worker is killed, then its child does not outlive it', async () => {
    const entry = fileURLToPath(new URL('./decode-parent.ts', import.meta.url));
    const worker = spawn(process.execPath, ['--conditions=source', entry], { stdio: 'ignore' });
    const child = await firstChildOf(worker.pid ?? 0);
    await untilItDecodes(child);
    worker.kill('SIGKILL');
    await untilGone(child);
  }, 15_000);
});

describe('what it has', () => {
  test('when a child runs, then it has no environment, no descriptors but its pipes, and limits of the kernel', async () => {
    const children = childrenWith({ dataBytes: 900 * megabytes, env: { MALLOC_ARENA_MAX: '2' } });
    const making = expect(children.make(slow, forEver, untold)).rejects.toThrow('the worker stops');
    const pid = await firstChildOf(process.pid);
    while (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(process.execPath)) await new Promise(setImmediate);
    const inside = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
    expect(
      inside('environ')
        .split('\0')
        .filter((line) => !/^(PWD=\/|)$/.test(line)),
    ).toEqual(['MALLOC_ARENA_MAX=2']);
    expect(inside('limits')).toMatch(/Max data size +943718400 +943718400/);
    expect(inside('limits')).toMatch(/Max file size +0 +0/);
    expect(inside('limits')).toMatch(/Max cpu time +84 +84/);
    expect(inside('oom_score_adj').trim()).toBe('1000');
    const foreign = readdirSync(`/proc/${pid}/fd`)
      .map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`))
      .filter((target) => !/^(socket|pipe|anon_inode):|^\/dev\/null$|\/(worker|packages|node_modules)\//.test(target));
    expect(foreign).toEqual([]);
    await children.stop();
    await making;
  });
});

describe('what it is believed', () => {
  const facts = { format: 'png', width: 3, height: 2, hasAlpha: false };
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
  const shape = { width: 100, height: 100, format: 'jpeg' };
  const made = { facts, renditions: [shape], colours: null, placeholder: null, timingsMs: {} };
  const answerOf = (...messages: (object | Buffer)[]) => {
    const bytes = Buffer.alloc(0);
    const listener = new ReplyListener({ bytes, order: { renditions: [rendition], colours: null } }, untold);
    const next = messages.map((message) =>
      listener.listen(Buffer.isBuffer(message) ? message : Buffer.from(JSON.stringify(message))),
    );
    return { answer: listener.answer, next };
  };

  test('when the answer fits the question, then it is taken, and no frame may be longer than there is need for', () => {
    const { answer, next } = answerOf({ step: 'decode' }, made, jpeg);
    expect(answer?.made).toMatchObject({ facts, renditions: [{ name: 'default', ...shape }] });
    expect(next).toEqual([64 * 1024, 100 * 100 * 4 + 1024 * 1024, null]);
  });

  test.each([
    ['no JSON object', []],
    ['a format that there is not', { ...made, facts: { ...facts, format: 'exe' } }],
    ['a field too many', { ...made, facts: { ...facts, tenant: 'x' } }],
    ['no thumbnail', { ...made, renditions: [] }],
    ['a placeholder that nobody asked for', { ...made, placeholder: 'AAAA' }],
    ['another kind of picture', { ...made, renditions: [{ ...shape, format: 'png' }] }],
    ['a step that there is not', { step: 'store' }],
    ['a problem of somebody else', { problem: 'unauthorized', detail: 'x' }],
  ])('when the answer has %s, then it is refused', (_what, message) => {
    expect(() => answerOf(message, jpeg)).toThrow();
  });

  test('when a child tells steps for ever, then it is refused', () => {
    expect(() => answerOf(...Array(200).fill({ step: 'resize' }))).toThrow();
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
});
