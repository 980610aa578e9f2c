/** Requests made from the served document, as attacks: an answer may be anything that the document promises. */
import { photograph, transparentPng } from '@tintype/testkit';
import fc from 'fast-check';
import type { Attack, AttackClass, CaseResult } from '../case.ts';
import { type Answer, call } from '../jobs.ts';
import type { Rig } from '../rig.ts';
import { createJudge, type Judge } from './judgement.ts';
import { isSchema, type Operation, readDocument } from './openapi-document.ts';
import { type Files, type GeneratedRequest, idOf, requestsFor } from './requests.ts';
import type { Pool, ValueSource } from './values.ts';

const requestsAtOnce = 6;
/** However long a client asks, it is answered after this time. */
const maxWaitSeconds = 30;
/** Most values that are remembered of one name. */
const poolSize = 20;

/** Every operation is a class; what earlier answers gave is used by the later ones. */
export async function documentAttacks(rig: Rig, seed: number, requestsPerOperation: number): Promise<AttackClass[]> {
  const document = readDocument(JSON.parse((await call(rig, 'the document', '/openapi.json')).body.toString()));
  const source: ValueSource = { document, pool: await startPool(rig) };
  const judge = createJudge(document);
  const files: Files = [
    await photograph(160, 120, 31),
    await transparentPng(40),
    Buffer.from('no picture'),
    Buffer.alloc(0),
  ];
  // First those that make things, then those that look at them, then those that take them away.
  const order = ['POST', 'PUT', 'PATCH', 'GET', 'HEAD', 'DELETE'];
  const operations = document.operations.toSorted((a, b) => order.indexOf(a.method) - order.indexOf(b.method));
  return operations.map((operation, i) => ({
    kind: 'document',
    name: `${operation.method} ${operation.path}`,
    atOnce: requestsAtOnce,
    attacks: Array.from({ length: requestsPerOperation }, (_, n) =>
      attackWith({ source, operation, files, judge, seed: seed * 1_000_003 + i * 10_007 + n }),
    ),
  }));
}

type Made = { source: ValueSource; operation: Operation; files: Files; judge: Judge; seed: number };

/** The request is made when its turn comes: the pool has grown by then. */
function attackWith({ source, operation, files, judge, seed }: Made): Attack {
  const name = `${operation.method} ${operation.path} of seed ${seed}`;
  const run = async (rig: Rig): Promise<CaseResult> => {
    const [request] = fc.sample(requestsFor(source, operation, files), { seed, numRuns: 1 });
    if (request === undefined) throw new Error('nothing was made');
    const startedMs = performance.now();
    // One in five comes without its key.
    if (operation.needsKey && seed % 5 > 0) request.headers['x-api-key'] = rig.key;
    const answer = await send(rig, name, request, [...(source.pool.get('url') ?? [])].flatMap(wordsOf));
    const ms = Math.max(0, Math.round(performance.now() - startedMs - askedWaitMs(request)));
    const wrong = judge(operation, answer);
    if (operation.path === '/v1/queue/pause') await resumeQueue(rig, name);
    remember(source.pool, operation, answer);
    const ok = wrong.length === 0;
    const got = ok
      ? String(answer.status)
      : `${wrong.join('; ')} after ${described(request)}: ${answer.body.subarray(0, 200)}`;
    return { name, ok, expected: 'what the document promises', got, ms };
  };
  return { name, run };
}

/** Else the jobs of all attacks behind this one would wait for ever. */
async function resumeQueue(rig: Rig, name: string): Promise<void> {
  await call(rig, name, '/v1/queue/resume', { method: 'POST', headers: { 'x-api-key': rig.key } });
}

/**
 * How long the client itself has asked to wait for the end of a job, which may be behind all that was retried: only what
 * comes on top of it is the service's slowness.
 */
function askedWaitMs({ target }: GeneratedRequest): number {
  const seconds = Number(/[?&]wait=(\d+)/.exec(target)?.[1] ?? 0);
  return 1000 * Math.min(seconds, maxWaitSeconds);
}

/** A forbidden address is told as the client wrote it. */
function wordsOf(url: string): string[] {
  return URL.canParse(url) ? [url, new URL(url).hostname] : [url];
}

/** `known`: what others have handed in, which an answer may name. */
async function send(
  rig: Rig,
  name: string,
  { method, target, headers, body }: GeneratedRequest,
  known: string[],
): Promise<Answer> {
  const init: RequestInit = { method, headers: { ...headers } };
  const sent = [target, decodeURIComponent(target.split('?')[0] ?? ''), ...Object.values(headers)];
  if (body?.kind === 'bytes') {
    init.body = new Uint8Array(body.bytes);
    sent.push(...body.bytes.toString().split('"'));
  } else if (body !== null) {
    const form = new FormData();
    for (const part of body.parts) {
      if (typeof part.value === 'string') form.append(part.name, part.value);
      else form.append(part.name, new Blob([new Uint8Array(part.value)]), part.name);
    }
    init.body = form;
  }
  return call(rig, name, target, init, [...sent, ...known]);
}

function described({ method, target, headers, body }: GeneratedRequest): string {
  const content =
    body === null
      ? ''
      : body.kind === 'bytes'
        ? body.bytes.toString()
        : JSON.stringify(body.parts.map(({ name, value }) => [name, value.toString().slice(0, 40)]));
  return `${method} ${target} ${JSON.stringify(headers)} ${content}`.slice(0, 600);
}

/** Addresses for whatever is called `url`, before any answer has given one. */
async function startPool(rig: Rig): Promise<Pool> {
  rig.origin.serve('/generated.jpg', await photograph(200, 150, 41));
  const urls = ['/generated.jpg', '/status/404', '/redirect?to=/generated.jpg'].map((path) => rig.origin.url(path));
  return new Map([['url', new Set([...urls, `http://127.0.0.1:${rig.canary.port}/`])]]);
}

/** Keeps texts of an answer, and of the first things in its lists, under the names of their fields. */
function remember(pool: Pool, { path }: Operation, { status, headers, body }: Answer): void {
  if (status >= 400 || !headers.get('content-type')?.startsWith('application/json')) return;
  const value: unknown = JSON.parse(body.toString());
  if (!isSchema(value)) return;
  // Ids look alike, whatever they are of.
  if (typeof value.id === 'string') keep(pool, idOf(path), value.id);
  const inside = Object.values(value).flatMap((list) => (Array.isArray(list) ? list.slice(0, 3) : []));
  for (const item of [value, ...inside.filter(isSchema)]) {
    for (const [name, text] of Object.entries(item)) {
      if (typeof text === 'string') keep(pool, name, text);
    }
  }
}

function keep(pool: Pool, name: string, text: string): void {
  const known = pool.get(name) ?? new Set<string>();
  if (known.size < poolSize) pool.set(name, known.add(text));
}
