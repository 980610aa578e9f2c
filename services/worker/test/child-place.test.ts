/** The disposable child, a real one each time: what it makes, how it ends, what it has and what it is believed. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type PictureOrder, Problem } from '@tintype/contracts';
import { describeDrawn, type MadePicture, makePicture } from '@tintype/picture';
import { createJpegReducer } from '@tintype/picture/reduced';
import {
  childrenOf,
  firstChildOf,
  heicPicture,
  makeTestFolder,
  photograph,
  slowJpeg,
  untilGone,
} from '@tintype/testkit';
import sharp from 'sharp';
import type { ChildAnswer } from '../src/picture/child-messages.ts';
import { type ChildPlaceOptions, createChildPlace } from '../src/picture/child-place.ts';
import { type Child, createChildCodeCache } from '../src/picture/child-process.ts';
import { ReplyListener } from '../src/picture/child-reply.ts';
import { ChildRun } from '../src/picture/child-run.ts';
import { probeConfinement } from '../src/picture/confinement.ts';
import { FrameReader, frameOf } from '../src/picture/frames.ts';

const confinement = await probeConfinement();
const testConfined = confinement.files || confinement.calls ? test : test.skip;
const megabytes = 1024 * 1024;
const settings: ChildPlaceOptions = {
  limits: { maxMegapixels: 100, maxMegapixelsUnstreamed: 20, maxDecodeBytes: 1024 * megabytes, timeoutMs: 20_000 },
  // A JPEG of many scans would be reduced at once: here it is to take long.
  reducesJpegs: false,
  dataBytes: null,
  confinement,
  env: {},
};
const rendition = { name: 'default', width: 100, height: 100, fit: 'cover', format: 'auto' } as const;
const order: PictureOrder = { renditions: [rendition], colours: {} };
const slow = { bytes: slowJpeg(4096), order };
const untold = () => undefined;
/** No more than the first bytes of one. */
const png = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const forEver = new AbortController().signal;

/** What the kernel counts for a Node that does nothing. */
function bareNodeBytes(): number {
  const status = execFileSync(process.execPath, ['-p', 'fs.readFileSync("/proc/self/status", "latin1")'], { env: {} });
  return Number(/VmData:\s+(\d+)/.exec(String(status))?.[1]) * 1024;
}

/** The child that holds much more than a Node that has not begun: before it comes one that only tries the confinement. */
async function decodingChildOf(parent: number): Promise<number> {
  const residentBytes = (pid: number) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
  for (;;) {
    const pid = await firstChildOf(parent);
    try {
      if (residentBytes(pid) >= 100 * megabytes) return pid;
    } catch {
      // It has gone meanwhile.
    }
    await new Promise(setImmediate);
  }
}

/** A child of this process that runs Node by now: one that has just ended has no command line, or is not there. */
async function ownChild(): Promise<number> {
  const isNode = (pid: number) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(process.execPath);
    } catch {
      return false;
    }
  };
  for (;;) {
    const pid = childrenOf(process.pid).find(isNode);
    if (pid !== undefined) return pid;
    await new Promise(setImmediate);
  }
}

/** What is open in a process besides sockets, pipes and its own code. A descriptor may be closed while it is looked at. */
function foreignDescriptors(pid: number): string[] {
  const target = (fd: string) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`);
    } catch {
      return '/dev/null';
    }
  };
  const own = /^(socket|pipe|anon_inode):|^\/dev\/null$|\/(worker|packages|node_modules)\//;
  return readdirSync(`/proc/${pid}/fd`)
    .map(target)
    .filter((path) => !own.test(path));
}

const childrenWith = (changes: Partial<ChildPlaceOptions> = {}) => createChildPlace({ ...settings, ...changes });
const make = (bytes: Buffer, changes: Partial<ChildPlaceOptions> = {}) =>
  childrenWith(changes).make({ bytes, order }, forEver, untold);

/** What comes of the picture, as `makePicture` has it. */
async function described({ drawn }: ChildAnswer, asked = order): Promise<MadePicture> {
  const renditions = drawn.renditions.map(({ free, ...rendition }) => rendition);
  return describeDrawn({ ...drawn, renditions }, asked);
}

describe('what it makes', () => {
  test('when pictures are made in a child, then they are the same as here, and it says which step begins', async () => {
    const bytes = await photograph(400, 300);
    const several: PictureOrder = {
      renditions: [rendition, { ...rendition, name: 'wide', width: 300, format: 'png' }],
      colours: { count: 3, region: { x: 10, y: 10, width: 200, height: 100 } },
    };
    const steps: string[] = [];
    const answer = await childrenWith().make({ bytes, order: several }, forEver, (step) => void steps.push(step));
    expect(await described(answer, several)).toEqual(await makePicture(bytes, several, settings.limits));
    expect(steps).toEqual(['decode', 'resize']);
    expect(answer.resizeMs).toBeGreaterThan(0);
  });

  test('when its code is kept in one file, then it makes of everything what its modules make', async () => {
    const codeCache = createChildCodeCache();
    try {
      while (codeCache.kept() === null) await sleep(20);
      expect(codeCache.kept()?.entry).toBe(`${codeCache.kept()?.folder}/child-main.cjs`);
      const limits = { ...settings.limits, formats: ['heic'] as const };
      const children = childrenWith({ codeCache, limits, reducesJpegs: true });
      const jpeg = await photograph(400, 300);
      const framed = { ...rendition, name: 'framed', fit: 'contain', background: 'dominant' } as const;
      const asked: PictureOrder = { renditions: [rendition, framed], colours: {} };
      for (const bytes of [jpeg, await sharp(jpeg).avif().toBuffer(), heicPicture()]) {
        const answer = await children.make({ bytes, order: asked }, forEver, untold);
        expect(await described(answer, asked)).toEqual(
          await makePicture(bytes, asked, limits, { reducer: createJpegReducer() }),
        );
      }
    } finally {
      await codeCache.remove();
    }
  });

  test('when a thumbnail is stored, then its memory can be given back at once', async () => {
    const { drawn } = await make(await photograph(400, 300));
    for (const { bytes, free } of drawn.renditions) {
      expect(bytes.length).toBeGreaterThan(0);
      free?.();
      expect([bytes.length, bytes.buffer.byteLength]).toEqual([0, 0]);
    }
  });

  test('when only colours, or only a thumbnail is wanted, then nothing else is made', async () => {
    const bytes = await photograph(400, 300);
    const make = async (changes: Partial<PictureOrder>) =>
      (await childrenWith().make({ bytes, order: { ...order, ...changes } }, forEver, untold)).drawn;
    expect(await make({ renditions: [] })).toMatchObject({ renditions: [], sample: { width: 133, height: 100 } });
    expect(await make({ colours: null })).toMatchObject({ renditions: [{ width: 100 }], sample: null });
  });

  test('when the picture is at fault, then the child says so', async () => {
    await expect(make(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).rejects.toMatchObject({
      code: 'unsupported_format',
      message: 'SVG is not accepted: send JPEG, PNG, WebP, GIF, AVIF or TIFF.',
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
    const dataBytes = bareNodeBytes() + 144 * megabytes;
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
      { value: { drawn: { facts: { width: 400 } } } },
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
    const child = await decodingChildOf(worker.pid ?? 0);
    worker.kill('SIGKILL');
    await untilGone(child);
  });
});

describe('when something of it lives on', () => {
  /** A child in whose place a shell starts something that keeps its pipes, says it, and ends. */
  async function endOf(script: string, ask: (child: Child) => ChildRun): Promise<unknown> {
    const child: Child = spawn('/bin/sh', ['-c', `sleep 600 & echo $! >&2; ${script}`], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const sleeper = once(child.stderr, 'data');
    try {
      return await ask(child).over.catch((err) => err);
    } finally {
      process.kill(Number(String((await sleeper)[0])), 'SIGKILL');
    }
  }

  test('when the child itself is gone, then its run is over', async () => {
    const end = await endOf('exit 3', (child) => new ChildRun(child, { bytes: png, order }, settings, untold));
    expect(end).toMatchObject({ code: 'worker_crashed', cause: { message: expect.stringContaining('ended with 3') } });
  });

  test('when it was heard in part, then all that it had written is read first', async () => {
    const [length, message] = frameOf(
      Buffer.from(JSON.stringify({ problem: 'corrupt_image', detail: 'half\u0007way' })),
    );
    const octal = [...length, ...message].map((byte) => `\\\\${byte.toString(8).padStart(3, '0')}`).join('');
    const end = await endOf(`printf ${octal}`, (child) => new ChildRun(child, { bytes: png, order }, settings, untold));
    expect(end).toMatchObject({ code: 'corrupt_image', message: 'half way' });
  });

  test('when it was told to end, then it is over for that reason', async () => {
    const end = await endOf('exec sleep 600', (child) => {
      const run = new ChildRun(child, { bytes: png, order }, settings, untold);
      child.stderr.once('data', () => run.end(new Problem('decode_timeout')));
      return run;
    });
    expect(end).toMatchObject({ code: 'decode_timeout' });
  });
});

describe('what it has', () => {
  testConfined('when the worker was started with a high descriptor, then its child does not have it', async () => {
    const folder = await makeTestFolder();
    await writeFile(`${folder}/admin-key`, 'secret');
    const secret = openSync(`${folder}/admin-key`, 'r');
    const entry = fileURLToPath(new URL('./decode-parent.ts', import.meta.url));
    // Something that stands between, as a supervisor does, has it as number 50: Node keeps back only the lower ones.
    const command = ['exec 50<&3 3<&-; exec "$@"', 'bash', process.execPath, '--conditions=source', entry];
    const worker = spawn('/bin/bash', ['-c', ...command], { stdio: ['ignore', 'ignore', 'ignore', secret] });
    try {
      const pid = await decodingChildOf(worker.pid ?? 0);
      const held = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      expect(held.filter((target) => target.startsWith(folder))).toEqual([]);
    } finally {
      worker.kill('SIGKILL');
      closeSync(secret);
      await rm(folder, { recursive: true });
    }
  });

  test('when a child runs, then it has no environment, no descriptors but its pipes, and limits of the kernel', async () => {
    const children = childrenWith({ dataBytes: 900 * megabytes, env: { MALLOC_ARENA_MAX: '2' } });
    const making = expect(children.make(slow, forEver, untold)).rejects.toThrow('the worker stops');
    const pid = await ownChild();
    const inside = (name: string) => readFileSync(`/proc/${pid}/${name}`, 'utf8');
    expect(
      inside('environ')
        .split('\0')
        // The last is there under `npm run coverage`: Node hands it on, whatever environment a child is given.
        .filter((line) => !/^(PWD=\/||NODE_V8_COVERAGE=.*)$/.test(line)),
    ).toEqual(['MALLOC_ARENA_MAX=2']);
    expect(inside('limits')).toMatch(/Max data size +943718400 +943718400/);
    expect(inside('limits')).toMatch(/Max file size +0 +0/);
    expect(inside('limits')).toMatch(/Max open files +256 +256/);
    expect(inside('limits')).toMatch(/Max stack size +8388608 +8388608/);
    expect(inside('limits')).toMatch(/Max cpu time +84 +84/);
    expect(inside('oom_score_adj').trim()).toBe('1000');
    // What it loads it closes again; what it has been left stays open.
    while (foreignDescriptors(pid).length > 0) await new Promise(setImmediate);
    await children.stop();
    await making;
  });
});

describe('what it is believed', () => {
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
});
