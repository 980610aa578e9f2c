/** The largest answers of every kind that one tenant can have made for itself, and where each is asked for. */
import { maxMetadataBytes, readStored, Thumbnail } from '@tintype/contracts';
import { photograph, withMark } from '@tintype/testkit';
import { largeColours, mostColours } from '../clients/palette-bodies.ts';
import { call } from '../jobs.ts';
import type { Rig } from '../rig.ts';

export type LargestAnswer = {
  name: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  /** Whether a fresh API answers it, and what follows: what an allocator keeps of the answers before is not judged again. */
  isFirst?: boolean;
};

/** As many ids as one look-up may have. */
const mostIds = 100;
const makeForMs = 240_000;
/** As many colours as one call may match. */
const mostHexes = 100;
/** Noise that is enlarged, and cannot be packed: as many pixels as a thumbnail may have. */
const largestPicture = { width: '2000', height: '2000', fit: 'outside', format: 'png' } as const;

/** Makes all of it, as the tenant of this key. */
export async function makeLargestAnswers(rig: Rig, key: string, largestSource: Buffer): Promise<LargestAnswer[]> {
  const authorization = `Bearer ${key}`;
  const make = (bytes: Buffer, fields: Readonly<Record<string, string>>) => makeThumbnail(rig, key, bytes, fields);
  const put = async (name: string, body: string): Promise<void> => {
    const headers = { authorization, 'content-type': 'application/json' };
    const { status } = await call(rig, 'a large palette', `/v1/palettes/${name}`, { method: 'PUT', headers, body });
    if (status !== 200 && status !== 201) throw new Error(`a large palette was answered with ${status}`);
  };
  await put('many', largeColours(mostColours, 4));
  await put('wordy', wordyColours());
  const largest = await make(largestSource, largestPicture);
  const picture = await photograph(64, 48, 51);
  const metadata = JSON.stringify({ a: 'x'.repeat(maxMetadataBytes - 10) });
  const small = await Promise.all(
    Array.from({ length: mostIds }, (_, at) => make(withMark(picture, `${key} ${at}`), { metadata })),
  );
  return answersOf(largest, small, { authorization });
}

/** Resolves with its id. What took too long is made again: it must be there, however busy the machine is. */
async function makeThumbnail(rig: Rig, key: string, bytes: Buffer, fields: Readonly<Record<string, string>>) {
  const headers = { authorization: `Bearer ${key}` };
  const ask = async (path: string, init: RequestInit): Promise<Thumbnail> => {
    const { body } = await call(rig, 'a largest answer', path, { headers, ...init });
    return readStored(Thumbnail, body.toString());
  };
  for (const endMs = Date.now() + makeForMs; ; ) {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.set(name, value);
    body.set('file', new Blob([new Uint8Array(bytes)]), 'picture');
    let job = await ask('/v1/thumbnails?wait=10', { method: 'POST', body });
    while (['queued', 'processing'].includes(job.status) && Date.now() < endMs) {
      job = await ask(`/v1/thumbnails/${job.id}?wait=10`, {});
    }
    if (job.status === 'completed') return job.id;
    if (job.error?.code !== 'decode_timeout' || Date.now() > endMs) {
      throw new Error(`what is to be read slowly is ${job.status}: ${JSON.stringify(job.error)}`);
    }
  }
}

/** Few colours with as many words as each may have: an answer to a match repeats them for every colour asked for. */
function wordyColours(): string {
  const words = Array.from({ length: 20 }, () => 'w'.repeat(200));
  const fields = Object.fromEntries(Array.from({ length: 15 }, (_, at) => [`field${at}`, words]));
  const entry = (at: number) => ({ name: `c${at}`, hex: `#${String(at * 1021).padStart(6, '0')}`, ...fields });
  return JSON.stringify(Array.from({ length: 50 }, (_, at) => entry(at)));
}

function answersOf(largest: string, small: readonly string[], who: Readonly<Record<string, string>>): LargestAnswer[] {
  const one = `/v1/thumbnails/${largest}`;
  const hexes = Array.from({ length: mostHexes }, (_, at) => String(at * 9973).padStart(6, '0')).join(',');
  const row = (name: string, path: string, more: Readonly<Record<string, string>> = {}): LargestAnswer => ({
    name,
    path,
    headers: { ...who, ...more },
  });
  const first = (answer: LargestAnswer): LargestAnswer => ({ ...answer, isFirst: true });
  return [
    first(row('the largest file', `${one}/file`)),
    row('the largest file but for a byte', `${one}/file`, { range: 'bytes=1-' }),
    row('the largest file, by its old address', `/thumbnails/${largest}`),
    first(row('the largest file in base64', `${one}?include=base64`)),
    row('the largest file in base64, as older clients ask', `/thumbnail?task_id=${largest}`),
    row('colours as SVG', `${one}/colours`, { accept: 'image/svg+xml' }),
    row('colours for GIMP', `${one}/colours`, { accept: 'application/x-gimp-palette' }),
    row('colours as CSS', `${one}/colours`, { accept: 'text/css' }),
    first(row(`a palette of ${mostColours} colours`, '/v1/palettes/many')),
    row(`a palette of ${mostColours} colours as CSV`, '/v1/palettes/many', { accept: 'text/csv' }),
    first(
      row(
        `matches of ${mostHexes} colours that repeat many words`,
        `/v1/colours/match?palette=wordy&count=10&hex=${hexes}`,
      ),
    ),
    first(row(`a look-up of ${mostIds}`, `/v1/thumbnails?${small.map((id) => `id=${id}`).join('&')}`)),
    row('a timeline', `${one}/timeline`),
    row('the document', '/openapi.json'),
    first(row('the script of the documentation', '/docs/static/swagger-ui-bundle.js')),
    row('the figures', '/metrics'),
  ];
}
