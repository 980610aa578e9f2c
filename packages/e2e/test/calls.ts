/** Calls to a running Tintype as a client makes them. */
import { expect } from '@jest/globals';
import { parse, Thumbnail } from '@tintype/contracts';
import Type from 'typebox';

/** Posts JSON and answers with the resource once its job has ended; with an API key where one is needed. */
export async function makeThumbnail(base: string, body: object, key?: string): Promise<Thumbnail> {
  const headers: Record<string, string> = key === undefined ? {} : { 'x-api-key': key };
  const response = await fetch(`${base}/v1/thumbnails?wait=20`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  expect([200, 202]).toContain(response.status);
  return untilEnded(base, await thumbnailIn(response), headers);
}

/** Uploads a file and answers with the resource once its job has ended. */
export async function uploadThumbnail(
  base: string,
  bytes: Buffer,
  fields: Record<string, string> = {},
): Promise<Thumbnail> {
  const form = new FormData();
  form.set('file', new Blob([bytes]), 'picture');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  const response = await fetch(`${base}/v1/thumbnails?wait=20`, { method: 'POST', body: form });
  expect([200, 202]).toContain(response.status);
  return untilEnded(base, await thumbnailIn(response));
}

/** The resource once its job has ended, however long that takes. */
export async function endedThumbnail(
  base: string,
  id: string,
  headers: Record<string, string> = {},
): Promise<Thumbnail> {
  return untilEnded(base, await thumbnailIn(await fetch(`${base}/v1/thumbnails/${id}?wait=20`, { headers })), headers);
}

async function untilEnded(
  base: string,
  thumbnail: Thumbnail,
  headers: Record<string, string> = {},
): Promise<Thumbnail> {
  const isOver = thumbnail.status !== 'queued' && thumbnail.status !== 'processing';
  return isOver ? thumbnail : endedThumbnail(base, thumbnail.id, headers);
}

/** Where the picture of a completed thumbnail is. */
export function pictureUrlOf({ id, resized_url: url }: Pick<Thumbnail, 'id' | 'resized_url'>): string {
  if (url === undefined) throw new Error(`${id} has no picture`);
  return url;
}

/** The bytes at a URL. */
export async function download(url: string): Promise<Buffer> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** The resource in an answer, held against the contract. */
export async function thumbnailIn(response: Response): Promise<Thumbnail> {
  return parse(Thumbnail, await response.json());
}

/** Any JSON object in an answer. */
export async function bodyOf(response: Response): Promise<Record<string, unknown>> {
  return parse(Type.Record(Type.String(), Type.Unknown()), await response.json());
}
