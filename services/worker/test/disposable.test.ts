/** The disposable child, a real one each time: what it makes, how it ends, what it has and what it is believed. */
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { Problem, type Rendition } from '@tintype/contracts';
import { childrenOf, firstChildOf, photograph, slowJpeg, untilGone } from '@tintype/testkit';
import sharp from 'sharp';
import { readReply } from '../src/picture/child-messages.ts';
import { createDisposableDecoder, type DisposableOptions } from '../src/picture/disposable.ts';
import { FrameReader, frameOf } from '../src/picture/frames.ts';
import { makePicture } from '../src/picture/picture-part.ts';
import { startStepClock } from '../src/step-clock.ts';

const megabytes = 1024 * 1024;
const settings: DisposableOptions = {
  limits: { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 1024 * megabytes },
  timeoutMs: 20_000,
  // A JPEG of many scans would be reduced at once: here it is to take long.
  reducesJpegs: false,
  dataBytes: null,
  env: {},
};
const options: Rendition = { width: 100, height: 100, fit: 'cover', format: 'auto' };
const makes = { thumbnail: true, colours: true };
const slow = { bytes: slowJpeg(4096), options, makes };
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

const decoderWith = (changes: Partial<DisposableOptions> = {}) => createDisposableDecoder({ ...settings, ...changes });
const make = (bytes: Buffer, changes: Partial<DisposableOptions> = {}) =>
  decoderWith(changes).make({ bytes, options, makes }, forEver);

describe('what it makes', () => {
  test('when a picture is made in a child, then it is the same as here', async () => {
    const bytes = await photograph(400, 300);
    const clock = startStepClock({ enterStep: () => undefined, signal: forEver });
    const here = await makePicture({ bytes, options, makes }, settings, clock);
    const { made, timingsMs } = await make(bytes);
    expect(made).toEqual(here);
    expect(Object.keys(timingsMs)).toEqual(['resize', 'colours']);
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
    const making = decoderWith({ timeoutMs: 1000 }).make(slow, forEver);
    const pid = await firstChildOf(process.pid);
    await expect(making).rejects.toMatchObject({ code: 'decode_timeout', retryable: false });
    await untilGone(pid);
  });

  test('when the child dies, then it is worker_crashed for good', async () => {
    const making = decoderWith().make(slow, forEver);
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
    const aborted = decoderWith().make(slow, abort.signal);
    await firstChildOf(process.pid);
    abort.abort(new Problem('internal_error', { detail: 'cancelled' }));
    await expect(aborted).rejects.toMatchObject({ message: 'cancelled' });

    const decoder = decoderWith();
    const stopped = expect(decoder.make(slow, forEver)).rejects.toThrow('the worker stops');
    await firstChildOf(process.pid);
    await decoder.stop();
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
    const decoder = decoderWith({ dataBytes: 900 * megabytes, env: { MALLOC_ARENA_MAX: '2' } });
    const making = expect(decoder.make(slow, forEver)).rejects.toThrow('the worker stops');
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
    await decoder.stop();
    await making;
  });
});

describe('what it is believed', () => {
  const facts = { format: 'png', width: 3, height: 2, hasAlpha: false };
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
  const thumbnail = { width: 100, height: 100, format: 'jpeg' };
  const reply = (message: object, bytes = Buffer.alloc(0)) =>
    readReply([Buffer.from(JSON.stringify(message)), bytes], {
      bytes,
      options,
      makes: { thumbnail: true, colours: false },
    });

  test('when the answer fits the question, then it is taken', () => {
    expect(reply({ facts, thumbnail, colours: null, timingsMs: {} }, jpeg).made.facts).toEqual(facts);
  });

  test.each([
    ['no JSON object', []],
    ['a format that there is not', { facts: { ...facts, format: 'exe' }, thumbnail, colours: null, timingsMs: {} }],
    ['a field too many', { facts: { ...facts, tenant: 'x' }, thumbnail, colours: null, timingsMs: {} }],
    ['no thumbnail', { facts, thumbnail: null, colours: null, timingsMs: {} }],
    ['another kind of picture', { facts, thumbnail: { ...thumbnail, format: 'png' }, colours: null, timingsMs: {} }],
    ['a problem of somebody else', { problem: 'unauthorized', detail: 'x' }],
  ])('when the answer has %s, then it is refused', (_what, message) => {
    expect(() => reply(message, jpeg)).toThrow();
  });

  test('when frames come in pieces, then they are put together; one that is too long is refused by its length', () => {
    const whole = Buffer.concat([...frameOf(Buffer.from('one')), ...frameOf(Buffer.from('four'))]);
    const reader = new FrameReader([3, 4]);
    const answers = [...whole].map((byte) => reader.add(Buffer.from([byte])));
    expect(answers.filter(Boolean).length).toBe(1);
    expect(answers.at(-1)?.map(String)).toEqual(['one', 'four']);
    expect(() => new FrameReader([2]).add(whole)).toThrow('3 bytes');
  });
});
