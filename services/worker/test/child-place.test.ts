/** The disposable child, a real one each time: what it makes, how it ends, and what it has. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { type PictureOrder, Problem } from '@tintype/contracts';
import { decodeWatermark, describeDrawn, type MadePicture, makePicture } from '@tintype/picture';
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
import { ChildRun } from '../src/picture/child-run.ts';
import { probeConfinement } from '../src/picture/confinement.ts';
import { frameOf } from '../src/picture/frames.ts';

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

/** A watermark of one colour, as a worker has it. */
const markOf = async (background: string) =>
  decodeWatermark(
    await sharp({ create: { width: 20, height: 10, channels: 4, background } })
      .png()
      .toBuffer(),
  );

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

  test('when watermarks are ordered, then each is upon its thumbnail, as it would be here', async () => {
    const watermarks = new Map([
      ['a'.repeat(64), await markOf('#ff0000')],
      ['b'.repeat(64), await markOf('#0000ff80')],
    ]);
    const marked = [...watermarks.keys()].map((sha256, at) => ({
      ...{ ...rendition, name: `marked-${at}`, format: 'png' as const },
      watermark: { sha256, scale: 0.5, position: 'north' as const },
    }));
    const asked: PictureOrder = { renditions: [...marked, { ...rendition, format: 'png' }], colours: {} };
    const bytes = await photograph(400, 300);
    const answer = await childrenWith().make({ bytes, order: asked, watermarks }, forEver, untold);
    const here = await makePicture(bytes, asked, settings.limits, { watermarks });
    expect(await described(answer, asked)).toEqual(here);
    expect(new Set(here.renditions.map((one) => one.bytes.toString('base64'))).size).toBe(3);
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
