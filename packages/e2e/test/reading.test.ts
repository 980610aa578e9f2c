/** Which frame is shown, and what is taken of damaged pictures, through the whole service. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Origin, photograph, startOrigin, startTintype, type Tintype } from '@tintype/testkit';
import sharp from 'sharp';
import { makeThumbnail, uploadThumbnail } from './calls.ts';

let tintype: Tintype;
let origin: Origin;
beforeAll(async () => {
  origin = await startOrigin();
  tintype = await startTintype({ workerEnv: { FETCH_ALLOW: origin.host } });
});
afterAll(async () => {
  await tintype.stop();
  await origin.close();
});

const colours = ['#cc0000', '#00aa00', '#0000cc'];

test('when a frame is asked for, then thumbnail and colours are its own, in one tenant beside those of others', async () => {
  const frames = colours.map((background) =>
    sharp({ create: { width: 40, height: 30, channels: 3, background } })
      .png()
      .toBuffer(),
  );
  const gif = await sharp(await Promise.all(frames), { join: { animated: true } })
    .gif()
    .toBuffer();
  origin.serve('/frames.gif', gif);
  const url = origin.url('/frames.gif');
  for (const [frame, hex] of [
    [undefined, colours[0]],
    [2, colours[2]],
    ['middle', colours[1]],
    [0, colours[0]],
  ] as const) {
    const { status, colours: found } = await makeThumbnail(tintype.url, { url, ...(frame !== undefined && { frame }) });
    expect([status, found?.dominant?.hex]).toEqual(['completed', hex]);
  }
  const missing = await makeThumbnail(tintype.url, { url, frame: 3 });
  expect(missing).toMatchObject({ status: 'failed', error: { code: 'invalid_option', status: 422, retryable: false } });
  expect(missing.error?.detail).toContain('3 frames');
});

test('when a photograph is cut off, then it is refused, unless damage is accepted, which is told', async () => {
  const cut = (await photograph(800, 600)).subarray(0, 30_000);
  origin.serve('/cut.jpg', cut);
  const url = origin.url('/cut.jpg');
  const accepted = await makeThumbnail(tintype.url, { url, on_damage: 'accept' });
  expect(accepted).toMatchObject({ status: 'completed', source: { damaged: true, width: 800, height: 600 } });
  expect(await makeThumbnail(tintype.url, { url })).toMatchObject({
    status: 'failed',
    error: { code: 'corrupt_image' },
  });
  const again = await makeThumbnail(tintype.url, { url, on_damage: 'accept' });
  expect(again).toMatchObject({ cache: 'hit', source: { damaged: true } });
  const whole = await uploadThumbnail(tintype.url, await photograph(800, 600));
  expect(whole.source).not.toHaveProperty('damaged');
});
