/** Hands pictures in, waits for the end of their jobs and looks at what came out. */
import { isProblemCode, readStored, Thumbnail } from '@tintype/contracts';
import sharp from 'sharp';
import { marker } from './bytes/exif.ts';
import type { Rig } from './rig.ts';
import { textOf } from './watch.ts';

export type Outcome = {
  /** `passes`, a problem code, or words for what should not happen. */
  verdict: string;
  ms: number;
};

export type Answer = { status: number; headers: Headers; body: Buffer };

/** Longest that one request or job is waited for. */
const patienceMs = 40_000;

/** One call, looked at by the watch. `sent` is what the request said. */
export async function call(rig: Rig, label: string, path: string, init: RequestInit = {}, sent: string[] = []) {
  const response = await fetch(`${rig.url}${path}`, { ...init, signal: AbortSignal.timeout(patienceMs) });
  const answer: Answer = {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
  rig.watch.look(label, answer.status, textOf(answer), [...sent, path]);
  return answer;
}

/** Uploads a file; `fields` are options of the request. */
export function upload(
  rig: Rig,
  label: string,
  bytes: Buffer,
  fields: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([new Uint8Array(bytes)]), 'picture');
  return follow(rig, label, () => call(rig, label, '/v1/thumbnails?wait=20', { method: 'POST', body: form }), []);
}

/** Hands in a URL. */
export function submit(
  rig: Rig,
  label: string,
  url: string,
  fields: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const body = JSON.stringify({ url, ...fields });
  const headers = { 'content-type': 'application/json' };
  // What comes back is the address as the URL parser writes it.
  const sent = [url, ...(URL.canParse(url) ? [new URL(url).href, new URL(url).hostname] : [])];
  const post = () => call(rig, label, '/v1/thumbnails?wait=20', { method: 'POST', headers, body }, sent);
  return follow(rig, label, post, sent);
}

async function follow(rig: Rig, label: string, post: () => Promise<Answer>, sent: string[]): Promise<Outcome> {
  const startedMs = Date.now();
  const msSoFar = () => Date.now() - startedMs;
  try {
    let answer = await post();
    while (answer.status === 200 || answer.status === 202) {
      const job = readStored(Thumbnail, answer.body.toString());
      const ms = job.timings?.total_ms ?? msSoFar();
      if (job.status === 'completed') return { verdict: await lookAtOutput(rig, label, job), ms };
      if (job.status === 'failed') return { verdict: codeOf(job.error?.code), ms };
      if (msSoFar() > patienceMs) return { verdict: `still ${job.status} after ${patienceMs} ms`, ms };
      answer = await call(rig, label, `/v1/thumbnails/${job.id}?wait=20`, {}, sent);
    }
    return { verdict: codeOf(JSON.parse(answer.body.toString()).code), ms: msSoFar() };
  } catch (err) {
    return { verdict: `no answer: ${err instanceof Error ? err.message : String(err)}`, ms: msSoFar() };
  }
}

function codeOf(code: unknown): string {
  return typeof code === 'string' && isProblemCode(code) ? code : `a code that is not in the catalogue: ${code}`;
}

/** A thumbnail passes when it is a picture of the announced kind that carries nothing of the source but its look. */
async function lookAtOutput(rig: Rig, label: string, job: Thumbnail): Promise<string> {
  const file = await call(rig, label, `/v1/thumbnails/${job.id}/file`);
  if (file.status !== 200) return `completed, but its file is answered with ${file.status}`;
  const [rendition] = job.renditions ?? [];
  const found = await sharp(file.body).metadata();
  const carried = (['exif', 'icc', 'xmp', 'iptc'] as const).filter((name) => found[name] !== undefined);
  if (carried.length > 0) return `metadata in the output: ${carried.join(', ')}`;
  if (file.body.includes(marker)) return 'metadata in the output: the marker';
  const isAsSaid = found.width === rendition?.width && found.height === rendition?.height;
  return isAsSaid ? 'passes' : `completed, but the picture has ${found.width} × ${found.height} pixels`;
}
