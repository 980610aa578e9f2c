/** A modest tenant: hands in one small picture after the other, and tells how long each took. */
import { seededRandom } from '@tintype/testkit';
import sharp from 'sharp';
import { call } from '../jobs.ts';
import type { Rig } from '../rig.ts';

/** Noise that nobody has seen before, about 21 kB as a PNG. */
async function smallPng(seed: number): Promise<Buffer> {
  const [width, height] = [100, 70];
  const random = seededRandom(seed);
  const pixels = Buffer.from(Uint8Array.from({ length: width * height * 3 }, () => random() * 256));
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** How a small picture comes in. */
export type SmallPicture = 'upload' | 'URL';

let lastSeed = 0;

/** Milliseconds until the answer with the finished thumbnail; throws when it is none. */
async function timeOne(rig: Rig, kind: SmallPicture): Promise<number> {
  lastSeed += 1;
  const png = await smallPng(lastSeed);
  const path = `/small/${lastSeed}`;
  if (kind === 'URL') rig.origin.serve(path, png);
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(png)]), 'small.png');
  const authorization = `Bearer ${rig.tenants.modest}`;
  const sent = kind === 'URL' ? [rig.origin.url(path)] : [];
  const init: RequestInit =
    kind === 'upload'
      ? { body: form, headers: { authorization } }
      : {
          body: JSON.stringify({ url: rig.origin.url(path) }),
          headers: { authorization, 'content-type': 'application/json' },
        };
  const startedMs = performance.now();
  const answer = await call(rig, 'a small picture', '/v1/thumbnails?wait=30', { method: 'POST', ...init }, sent);
  const ms = performance.now() - startedMs;
  rig.origin.remove(path);
  const text = answer.body.toString();
  if (answer.status !== 200)
    throw new Error(`a small picture was answered with ${answer.status}: ${text.slice(0, 200)}`);
  return ms;
}

/** One after the other, until there are `least` and `forMs` is over. Shortest first. */
export async function timeMany(rig: Rig, kind: SmallPicture, least: number, forMs: number): Promise<number[]> {
  const times: number[] = [];
  const endMs = performance.now() + forMs;
  while (times.length < least || performance.now() < endMs) times.push(await timeOne(rig, kind));
  return times.sort((one, other) => one - other);
}
