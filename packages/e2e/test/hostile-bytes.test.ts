/** Pictures that hurt their decoder, against real processes: they fail alone, and everything else comes out right. */
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { childrenOf, flatPng, freePort, slowJpeg, startService, startTintype, type Tintype } from '@tintype/testkit';
import { pictureUrlOf, thumbnailIn, uploadThumbnail } from './calls.ts';

/** Serves each path only after `letGo`; tells how many are waiting. */
function startHoldingOrigin(port: number, pictures: Map<string, Buffer>) {
  const waiting: ServerResponse[] = [];
  let isOpen = false;
  const answer = (response: ServerResponse) => response.end(pictures.get(response.req.url ?? ''));
  const server = createServer((_request, response) => void (isOpen ? answer(response) : waiting.push(response)));
  server.listen(port, '127.0.0.1');
  return {
    waiting: () => waiting.length,
    letGo() {
      isOpen = true;
      for (const response of waiting) answer(response);
    },
    close: () => server.close().closeAllConnections(),
  };
}

const colours = ['#102030', '#a01010', '#10a010', '#1010a0', '#a0a010', '#a010a0'];
/** 64 megapixels of grey in 900 scans: eight seconds, and 128 MB of coefficients by which its process is recognised. */
const poison = slowJpeg(8000);
/** Without libvips the poison would be harmless: it is read past the scans that take so long. */
const byLibvips = { JPEG_THREADS: '0' };
const workerEnv = {
  ...byLibvips,
  ...{ MAX_MEGAPIXELS_UNSTREAMED: '100', DECODE_TIMEOUT_MS: '60000', FETCH_TIMEOUT_MS: '60000' },
};

let tintype: Tintype;
let port: number;
beforeAll(async () => {
  port = await freePort();
  tintype = await startTintype({ workerEnv: { ...workerEnv, FETCH_ALLOW: `127.0.0.1:${port}` } });
});
afterAll(() => tintype.stop());

async function post(body: FormData | object): Promise<string> {
  const json = { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const request = body instanceof FormData ? { body } : json;
  return (await thumbnailIn(await fetch(`${tintype.url}/v1/thumbnails`, { method: 'POST', ...request }))).id;
}

async function untilEnded(id: string) {
  for (;;) {
    const now = await thumbnailIn(await fetch(`${tintype.url}/v1/thumbnails/${id}?wait=5`));
    if (now.status !== 'queued' && now.status !== 'processing') return now;
  }
}

/** Children that are given a picture. Another one compiles code for them, and one that begins is still its parent. */
function decodersOf(pid: number): number[] {
  const command = (child: number) => {
    try {
      return readFileSync(`/proc/${child}/cmdline`, 'latin1');
    } catch {
      return ''; // it has ended
    }
  };
  const isDecoder = (words: string) => words.includes('/child-main.') && !words.includes('\0--eval\0');
  return childrenOf(pid).filter((child) => isDecoder(command(child)));
}

/** A child that holds so much more than others is the one with the poison. */
async function poisonedChildOf(pid: number): Promise<number> {
  const residentKilobytes = (child: number) => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child}/status`, 'utf8'))?.[1]);
    } catch {
      return 0; // it has ended
    }
  };
  for (;;) {
    const found = decodersOf(pid).find((child) => residentKilobytes(child) > 220_000);
    if (found !== undefined) return found;
    await sleep(10);
  }
}

test('when a worker is killed while it works on a poisonous picture and good ones, then only the poison fails', async () => {
  const pictures = await Promise.all(colours.map((colour) => flatPng(colour, 300, 200)));
  const origin = startHoldingOrigin(port, new Map(pictures.map((picture, at) => [`/${at}.png`, picture])));
  const form = new FormData();
  form.set('file', new Blob([poison]), 'poison.jpg');
  const poisonId = await post(form);
  const goodIds = await Promise.all(colours.map((_, at) => post({ url: `http://127.0.0.1:${port}/${at}.png` })));

  const [first] = tintype.workers;
  await poisonedChildOf(first?.pid ?? 0);
  while (origin.waiting() < colours.length) await sleep(10);
  first?.kill('SIGKILL');
  origin.letGo();

  const second = await startService('worker', {
    REDIS_URL: tintype.redis.url,
    STORAGE: `disk:${tintype.dataDir}/blobs`,
    FETCH_ALLOW: `127.0.0.1:${port}`,
    ...workerEnv,
  });
  const seen = new Set<number>();
  const looking = setInterval(() => {
    for (const child of decodersOf(second.pid)) seen.add(child);
  }, 20);
  process.kill(await poisonedChildOf(second.pid), 'SIGKILL');
  expect(await untilEnded(poisonId)).toMatchObject({
    status: 'failed',
    error: { code: 'worker_crashed', retryable: false },
    attempts: 2,
  });
  for (const [at, id] of goodIds.entries()) {
    const good = await untilEnded(id);
    expect(good).toMatchObject({ status: 'completed', colours: { dominant: { hex: colours[at], share: 1 } } });
    expect((await fetch(pictureUrlOf(good))).status).toBe(200);
  }
  clearInterval(looking);
  expect(seen.size).toBe(1 + colours.length); // every job that was active is a suspect, and has a process of its own
  expect(decodersOf(second.pid)).toEqual([]);
  expect(await uploadThumbnail(tintype.url, await flatPng('#123456'))).toMatchObject({ status: 'completed' });

  second.kill('SIGTERM');
  expect(await second.exited).toBe(0);
  origin.close();
});

test('when a decode takes longer than it may, then it is ended, and good pictures are not kept waiting', async () => {
  const worker = await startService('worker', {
    REDIS_URL: tintype.redis.url,
    STORAGE: `disk:${tintype.dataDir}/blobs`,
    ...byLibvips,
    MAX_MEGAPIXELS_UNSTREAMED: '100',
    DECODE_TIMEOUT_MS: '4000',
  });
  const slow = uploadThumbnail(tintype.url, poison);
  // Not told by its memory: on a busy machine its time is up before it has much.
  while (decodersOf(worker.pid).length === 0) await sleep(10);
  const good = await uploadThumbnail(tintype.url, await flatPng('#654321'));
  expect(good).toMatchObject({ status: 'completed' });
  const ended = await slow;
  expect(ended).toMatchObject({ status: 'failed', error: { code: 'decode_timeout' } });
  expect(Date.parse(good.completed_at ?? '')).toBeLessThan(Date.parse(ended.completed_at ?? ''));
  worker.kill('SIGTERM');
  expect(await worker.exited).toBe(0);
});
