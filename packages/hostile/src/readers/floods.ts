/** Connections that send requests or chunks as fast as they are taken: others are answered as if there were none. */
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { readPeakResidentBytes, readResidentBytes, resetPeakResidentBytes } from '@tintype/testkit';
import type { Attack, AttackClass, CaseResult } from '../case.ts';
import type { Rig } from '../rig.ts';
import { besideBound } from '../tenants/attacks.ts';
import { createGreedyTenant, type GreedyTenant } from '../tenants/greedy-tenant.ts';

/** What the flooder is told. */
export type Flood = {
  port: number;
  /** Each connection has the next of these. */
  localAddresses: readonly string[];
  connections: number;
  head: string;
  piece: string;
  /** Connections besides that are closed as soon as they are open, again and again. */
  shortConnections: number;
};

type Row = readonly [
  name: string,
  connections: number,
  head: (rig: Rig) => string,
  piece: string | ((rig: Rig, tenant: GreedyTenant) => Promise<string>),
  more?: Partial<Flood> & {
    /** Whether the other tenant connects anew for each of its requests. */
    isFresh?: boolean;
    /** Whether a fresh API is flooded: what an allocator keeps of the floods before is not judged again. */
    restarts?: boolean;
  },
];

/** Of the loopback network too, so that who floods is told apart from the others by address, unless that is tried. */
const localAddresses = ['127.0.0.3'];
const manyAddresses = Array.from({ length: 250 }, (_, at) => `127.0.4.${at + 1}`);
/** What the API may hold meanwhile. */
const apiBytes = 300e6;
const [leastAlone, leastBeside, besideForMs] = [10, 20, 4000];
const settleMs = 1000;

const request = (target: string) => `GET ${target} HTTP/1.1\r\nhost: a\r\n\r\n`;
const none = () => '';
const chunked = (...headers: string[]) =>
  `${['POST /v1/thumbnails HTTP/1.1', 'host: a', ...headers, 'transfer-encoding: chunked'].join('\r\n')}\r\n\r\n`;
const chunkOf = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;
const fileHead = '--b\r\ncontent-disposition: form-data; name="file"; filename="a"\r\n\r\n\x89PNG\r\n\x1a\n';
const form = ({ tenants }: Rig) =>
  chunked('content-type: multipart/form-data; boundary=b', `authorization: Bearer ${tenants.greedy}`) +
  chunkOf(fileHead);
const json = () => chunked('content-type: application/json');

/** As many bytes as are read of a connection in one go: requests that wait for a job which does not end meanwhile. */
async function waits({ origin, tenants }: Rig, tenant: GreedyTenant): Promise<string> {
  tenant.submit(origin.url('/never'));
  while (tenant.ids().length === 0) await sleep(10);
  const wait = `GET /v1/thumbnails/${tenant.ids()[0]}?wait=30 HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${tenants.greedy}\r\n\r\n`;
  return wait.repeat(Math.ceil(65_536 / wait.length));
}

const manyRequests = request('/livez').repeat(4000);
const freeBody = `GET /livez HTTP/1.1\r\nhost: a\r\ncontent-length: 40000\r\n\r\n${'x'.repeat(40_000)}`;

const rows: readonly Row[] = [
  ['requests on one connection', 1, none, request('/livez').repeat(4000), { restarts: true }],
  ['requests on 30 connections', 30, none, request('/livez').repeat(4000)],
  ['requests without a key on 30 connections', 30, none, request('/v1/limits').repeat(4000)],
  ['requests for what is not there', 30, none, request('/x').repeat(4000)],
  ['chunks of a byte of JSON without a key', 30, json, chunkOf(' ').repeat(40_000)],
  ['chunks of a byte of an upload', 5, form, chunkOf('a').repeat(40_000)],
  ['chunks of a byte of 30 uploads', 30, form, chunkOf('a').repeat(40_000)],
  ['bodies that cost nothing and end in a thousand requests', 20, none, freeBody + request('/x').repeat(1000)],
  ['requests on 300 connections from the same address', 300, none, manyRequests, { localAddresses: ['127.0.0.1'] }],
  ['requests on 300 connections from 250 addresses', 300, none, manyRequests, { localAddresses: manyAddresses }],
  ['requests that wait, on 4000 connections', 4000, none, waits, { restarts: true }],
  [
    'requests that wait, on 4000 connections from 250 addresses',
    4000,
    none,
    waits,
    { localAddresses: manyAddresses, restarts: true },
  ],
  [
    'requests, beside connections without any',
    30,
    none,
    manyRequests,
    { shortConnections: 200, isFresh: true, restarts: true },
  ],
];

export function floodAttacks(): AttackClass {
  const attacks = rows.map((row): Attack => ({ name: row[0], isSlow: true, run: (rig) => runBeside(rig, row) }));
  return { kind: 'readers', name: 'floods that nobody reads the answers of', atOnce: 1, attacks };
}

async function runBeside(rig: Rig, [name, connections, head, piece, more = {}]: Row): Promise<CaseResult> {
  const { isFresh = false, restarts = false, ...rest } = more;
  if (restarts) await rig.restartApi();
  const aloneMs = await timesOf(rig, leastAlone, 0);
  const restBytes = readResidentBytes([rig.apiPid()]);
  resetPeakResidentBytes(rig.apiPid());
  const tenant = createGreedyTenant(rig);
  const text = typeof piece === 'string' ? piece : await piece(rig, tenant);
  const usual = { port: rig.port, localAddresses, connections, head: head(rig), piece: text, shortConnections: 0 };
  const workerData: Flood = { ...usual, ...rest };
  const flooder = new Worker(new URL('./flooder.ts', import.meta.url), { workerData });
  try {
    await sleep(settleMs);
    const besideMs = await timesOf(rig, leastBeside, besideForMs, isFresh);
    return judgeFlood(name, { aloneMs, besideMs, restBytes, peakBytes: readPeakResidentBytes(rig.apiPid()) });
  } finally {
    await flooder.terminate();
    await tenant.stop();
  }
}

/** Of short answers to another tenant, one after the other, each on a connection of its own where `isFresh`; shortest first. */
async function timesOf({ url, tenants }: Rig, least: number, forMs: number, isFresh = false): Promise<number[]> {
  const headers = { authorization: `Bearer ${tenants.modest}`, ...(isFresh && { connection: 'close' }) };
  const times: number[] = [];
  const endMs = performance.now() + forMs;
  while (times.length < least || performance.now() < endMs) {
    const startedMs = performance.now();
    const response = await fetch(`${url}/v1/limits`, { headers, signal: AbortSignal.timeout(30_000) });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`the other tenant was answered with ${response.status}`);
    times.push(performance.now() - startedMs);
  }
  return times.sort((one, other) => one - other);
}

export type FloodFigures = {
  aloneMs: readonly number[];
  besideMs: readonly number[];
  restBytes: number;
  peakBytes: number;
};

/** Times are sorted. */
export function judgeFlood(name: string, { aloneMs, besideMs, restBytes, peakBytes }: FloodFigures): CaseResult {
  const alone = aloneMs[Math.floor(aloneMs.length / 2)] ?? Number.NaN;
  const beside = besideMs[Math.floor(besideMs.length * 0.95)] ?? Number.NaN;
  const boundMs = besideBound.times * alone + besideBound.plusMs;
  const [rest, peak, most] = [restBytes, peakBytes, apiBytes].map((bytes) => (bytes / 1e6).toFixed(0));
  return {
    name,
    ok: peakBytes <= apiBytes,
    isLate: beside > boundMs,
    expected: `≤ ${boundMs.toFixed(0)} ms beside, API ≤ ${most} MB`,
    got: `alone ${alone.toFixed(0)} ms, beside ${beside.toFixed(0)} ms at the 95th percentile of ${besideMs.length}; API ${rest}, then ${peak} MB`,
    ms: besideMs.at(-1) ?? 0,
  };
}
