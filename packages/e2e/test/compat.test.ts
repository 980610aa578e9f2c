/** The thumbnail calls of the systems that Tintype replaces work unchanged for their clients. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Origin, photograph, startOrigin, startTintype, type Tintype, transparentPng } from '@tintype/testkit';
import sharp from 'sharp';
import { bodyOf } from './calls.ts';

let tintype: Tintype;
let origin: Origin;
let photo: Buffer;
beforeAll(async () => {
  [origin, photo] = await Promise.all([startOrigin(), photograph(400, 300)]);
  tintype = await startTintype({ workerEnv: { FETCH_ALLOW: origin.host } });
  origin.serve('/photo.jpg', photo);
  origin.serve('/disc.png', await transparentPng());
});
afterAll(async () => {
  await tintype.stop();
  await origin.close();
});

const submit = async (source_image_url: string): Promise<string> => {
  const response = await fetch(`${tintype.url}/thumbnail`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ source_image_url }),
  });
  expect(response.status).toBe(200);
  return String((await bodyOf(response)).task_id);
};

const untilEnded = async (taskId: string) => {
  for (;;) {
    const body = await bodyOf(await fetch(`${tintype.url}/thumbnail?task_id=${taskId}`));
    if (body.status !== 'PENDING') return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

test.each(['/photo.jpg', '/disc.png'])(
  'when %s is handed in as a task, then it ends as SUCCESS with a JPEG in base64 and as a file',
  async (path) => {
    const taskId = await submit(origin.url(path));
    const body = await untilEnded(taskId);
    expect(body).toEqual({
      message: 'ok',
      task_id: taskId,
      status: 'SUCCESS',
      base64_thumbnail_data: expect.any(String),
    });
    const bytes = Buffer.from(String(body.base64_thumbnail_data), 'base64');
    expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 100, height: 100 });
    const file = await fetch(`${tintype.url}/thumbnail/file?task_id=${taskId}`);
    expect(file.headers.get('content-type')).toBe('image/jpeg');
    expect(Buffer.from(await file.arrayBuffer())).toEqual(bytes);
  },
);

test('when a task fails, then its status is FAILURE with the reason and no data', async () => {
  const body = await untilEnded(await submit(origin.url('/status/404')));
  expect(body).toMatchObject({
    message: 'ok',
    status: 'FAILURE',
    base64_thumbnail_data: null,
    error: expect.stringContaining('404'),
  });
});

test('when a task is unknown or none is named, then it is a problem', async () => {
  expect((await fetch(`${tintype.url}/thumbnail?task_id=nonsense`)).status).toBe(404);
  expect((await fetch(`${tintype.url}/thumbnail`)).status).toBe(400);
  expect((await fetch(`${tintype.url}/thumbnail/file?task_id=nonsense`)).status).toBe(404);
});

test('when a file is uploaded, then 202 names the URL to poll, and that becomes the picture', async () => {
  const form = new FormData();
  form.set('file', new Blob([photo]), 'photo.jpg');
  const response = await fetch(`${tintype.url}/thumbnails`, { method: 'POST', body: form });
  const body = await bodyOf(response);
  expect([response.status, response.headers.get('location')]).toEqual([202, body.url]);
  for (;;) {
    const polled = await fetch(String(body.url));
    if (polled.status === 200) {
      expect(await sharp(Buffer.from(await polled.arrayBuffer())).metadata()).toMatchObject({
        width: 100,
        height: 100,
      });
      break;
    }
    expect([polled.status, await bodyOf(polled)]).toEqual([202, expect.objectContaining({ id: body.id })]);
  }
  for (const path of [`/thumbnail/${body.id}`, `/thumbnails/${body.id}.jpg`]) {
    expect((await fetch(`${tintype.url}${path}`)).headers.get('content-type')).toBe('image/jpeg');
  }
});
