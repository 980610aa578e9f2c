/** Small requests whose answers are as large as can be, or that all have to be answered at once. */
import { setTimeout as sleep } from 'node:timers/promises';
import { maxMetadataBytes, readStored, Thumbnail } from '@tintype/contracts';
import { photograph, withMark } from '@tintype/testkit';
import type { Attack, AttackClass, CaseResult } from '../case.ts';
import { noisyJpeg } from '../files/largest-pictures.ts';
import { call } from '../jobs.ts';
import type { Rig } from '../rig.ts';
import { get } from './hostile-client.ts';
import { exchange } from './raw-exchange.ts';

/** As many ids as one look-up may have. */
const mostIds = 100;
const waitingClients = 1_000;
/** For so long the clients that wait are given to arrive. */
const arrivalMs = 2_000;

/** Uploads, and waits for the end of the job. */
async function make(rig: Rig, label: string, bytes: Buffer, fields: Record<string, string>): Promise<Thumbnail> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([new Uint8Array(bytes)]), 'picture');
  const answer = await call(rig, label, '/v1/thumbnails?wait=20', { method: 'POST', body: form });
  return readStored(Thumbnail, answer.body.toString());
}

/** Passes when the answer has one of the statuses; its body is read and not looked at. */
function asked(name: string, right: readonly number[], ask: (rig: Rig) => Promise<Response>): Attack {
  const run = async (rig: Rig): Promise<CaseResult> => {
    const startedMs = performance.now();
    const response = await ask(rig);
    const { byteLength } = await response.arrayBuffer();
    const ms = Math.round(performance.now() - startedMs);
    const [expected, got] = [right.join(' or '), `${response.status}, ${(byteLength / 1e6).toFixed(1)} MB`];
    return { name, ok: right.includes(response.status), expected, got, ms };
  };
  return { name, isSlow: true, run };
}

function lookUpOfMany(): Attack {
  const name = `a look-up of ${mostIds} that carry as many words as they may`;
  return asked(name, [200], async (rig) => {
    const picture = await photograph(64, 48, 51);
    const metadata = JSON.stringify({ a: 'x'.repeat(maxMetadataBytes - 10) });
    const made = await Promise.all(
      Array.from({ length: mostIds }, (_, i) =>
        make(rig, name, withMark(picture, `${name} ${i}`), { metadata, colours: '{"count":8}' }),
      ),
    );
    return fetch(`${rig.url}/v1/thumbnails?${made.map(({ id }) => `id=${id}`).join('&')}`);
  });
}

/** What is asked of one thumbnail whose file is as large as they come: noise cannot be packed. */
function looksAtLargest(): Attack[] {
  const largest = { width: '2000', height: '2000', fit: 'outside', format: 'png' } as const;
  let made: Promise<string> | null = null;
  const idOf = (rig: Rig) => {
    made ??= noisyJpeg(8_000, 1_999).then(async (bytes) => (await make(rig, 'the largest', bytes, largest)).id);
    return made;
  };
  const look = (name: string, right: number[], path: (id: string) => string, init: RequestInit = {}) =>
    asked(`the largest thumbnail ${name}`, right, async (rig) => fetch(`${rig.url}${path(await idOf(rig))}`, init));
  const file = (id: string) => `/v1/thumbnails/${id}/file`;
  const nobody = { headers: { 'if-none-match': '"nobody"' } };
  return [
    look('is made', [200], (id) => `/v1/thumbnails/${id}`),
    look('as a file', [200], file),
    look('as a file, only its head', [200], file, { method: 'HEAD' }),
    look('as a file, its last byte', [206], file, { headers: { range: 'bytes=-1' } }),
    look('as a file, unless it is another', [200], file, nobody),
    look('in base64', [200], (id) => `/v1/thumbnails/${id}?include=base64`),
    look('in base64, as older clients ask', [200], (id) => `/thumbnail?task_id=${id}`),
    asked('the largest thumbnail in base64, remembered under a key', [200, 202, 413], async (rig) => {
      const form = new FormData();
      for (const [field, value] of Object.entries(largest)) form.set(field, value);
      form.set('file', new Blob([new Uint8Array(await noisyJpeg(8_000, 1_999))]), 'picture');
      const headers = { 'idempotency-key': 'largest' };
      return fetch(`${rig.url}/v1/thumbnails?wait=20&include=base64`, { method: 'POST', headers, body: form });
    }),
  ];
}

/** Whoever waits for a job is answered when it ends: here all of them in the same moment. */
const manyThatWait: Attack = {
  name: `${waitingClients} that wait for one job`,
  isSlow: true,
  async run(rig) {
    const url = rig.origin.url('/drip?ms=1000&waiting');
    const body = JSON.stringify({ url });
    const headers = { 'content-type': 'application/json' };
    const answer = await call(rig, this.name, '/v1/thumbnails', { method: 'POST', headers, body }, [url]);
    const { id } = readStored(Thumbnail, answer.body.toString());
    const startedMs = performance.now();
    const request = get(`/v1/thumbnails/${id}?wait=20`);
    const waiting = Array.from({ length: waitingClients }, () => exchange(rig.port, { pieces: [request] }));
    await sleep(arrivalMs);
    await call(rig, this.name, `/v1/thumbnails/${id}/cancel`, { method: 'POST' }, [url]);
    const statuses = (await Promise.all(waiting)).map((one) => one.statuses.join(', ') || 'nothing');
    const right = statuses.filter((status) => status === '200').length;
    const ms = Math.round(performance.now() - startedMs);
    return { name: this.name, ok: right === waitingClients, expected: `${waitingClients} × 200`, got: `${right}`, ms };
  },
};

/** One at a time, so that what the loop was held by has a name. */
export function largeAnswers(): AttackClass {
  const attacks = [lookUpOfMany(), ...looksAtLargest(), manyThatWait];
  return { kind: 'clients', name: 'large answers', atOnce: 1, attacks };
}
