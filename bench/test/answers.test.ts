/** Which answers count as a finished thumbnail, and how Redis' INFO is read. */
import { describe, expect, it } from '@jest/globals';
import { judgePeer } from '../src/peers/queued-peer.ts';
import type { Answer } from '../src/picture-client.ts';
import { callsBetween, parseInfo, scriptUsOf } from '../src/redis-figures.ts';
import { judge } from '../src/thumbnail-client.ts';

const colour = { hex: '#102030', rgb: [16, 32, 48], oklch: [0.2, 0.05, 250], name: 'black' };
const self = 'http://localhost:3000/v1/thumbnails/0198f3a0-0000-7000-8000-000000000000';
const rendition = { name: 'default', width: 100, height: 100, format: 'jpeg', bytes: 2000, sha256: 'ab', url: self };
const thumbnail = {
  ...{ id: '0198f3a0-0000-7000-8000-000000000000', status: 'completed', url: 'http://origin/1', resized_url: self },
  ...{ source: { kind: 'url' }, renditions: [rendition], cache: 'miss', attempts: 1, error: null, metadata: {} },
  colours: {
    ...{ dominant: { ...colour, share: 1 }, background: null, average: colour, accent: null, palette: [] },
    ...{ text: '#ffffff', contrast: 12, scheme: 'dark', transparent_share: 0 },
  },
  timings: { fetch_ms: 3, total_ms: 9 },
  ...{ created_at: '2025-01-01T00:00:00.000Z', expires_at: '2025-01-31T00:00:00.000Z', links: { self, file: self } },
};

function answer(changes: Record<string, unknown>, facts: Partial<Answer> = {}): Answer {
  return {
    ms: 10,
    httpStatus: 200,
    ended: true,
    body: JSON.stringify({ ...thumbnail, ...changes }),
    ...facts,
  };
}

describe('judge', () => {
  it('passes a complete thumbnail, with its timings', () => {
    expect(judge(answer({}))).toEqual({ failure: null, cacheHit: false, timings: { fetch_ms: 3, total_ms: 9 } });
  });

  it('passes each of a list by the same measure', () => {
    expect([answer({}), answer({})].map(judge).map(({ failure }) => failure)).toEqual([null, null]);
  });

  it('notices an answer from the cache', () => {
    expect(judge(answer({ cache: 'hit' })).cacheHit).toBe(true);
  });

  it.each([
    [
      'a job that goes on',
      answer({ status: 'processing' }, { httpStatus: 202, ended: false }),
      'not completed in time',
    ],
    ['a cancelled job', answer({ status: 'cancelled' }), 'cancelled'],
    ['another size', answer({ renditions: [{ ...rendition, width: 99 }] }), 'not the thumbnail that was asked for'],
    ['no colours', answer({ colours: undefined }), 'not the thumbnail that was asked for'],
    ['a refusal', answer({}, { httpStatus: 503, body: 'busy' }), 'HTTP 503: busy'],
    ['a lost connection', answer({}, { httpStatus: 0, body: 'reset' }), 'HTTP 0: reset'],
    ['something else altogether', answer({}, { body: '<html>' }), 'an answer against the contract'],
  ])('fails %s', (_, given, failure) => {
    expect(judge(given).failure).toBe(failure);
  });
});

describe('a peer', () => {
  const facts = { ms: 10, httpStatus: 200, ended: true };
  const made = { id: 'a', status: 'completed', width: 100, height: 100, format: 'jpeg', bytes: 2000 };

  it('passes when it tells of the thumbnail that was asked for, whatever its JSON looks like', () => {
    for (const indent of [undefined, 2]) {
      expect(judgePeer({ ...facts, body: JSON.stringify(made, null, indent) }).failure).toBeNull();
    }
  });

  it.each([
    ['another size', { ...made, width: 1000 }],
    ['another format', { ...made, format: 'png' }],
    ['a failed job', { id: 'a', status: 'failed', error: 'HTTPError(404)' }],
  ])('fails %s, in its own words', (_, told) => {
    const body = JSON.stringify(told);
    expect(judgePeer({ ...facts, body }).failure).toBe(body);
  });

  it('fails when the job goes on', () => {
    const body = JSON.stringify(made);
    expect(judgePeer({ ...facts, httpStatus: 202, ended: false, body }).failure).toBe('not completed in time');
  });
});

describe('INFO', () => {
  it('is read by name, with colons in values', () => {
    const info = parseInfo(
      '# Server\r\nredis_version:7.0.15\r\nconfig_file:/a:b\r\n\r\n# Memory\r\nused_memory:10\r\n',
    );
    expect(Object.fromEntries(info)).toEqual({ redis_version: '7.0.15', config_file: '/a:b', used_memory: '10' });
  });

  it('counts the calls between two readings', () => {
    const reading = { usedBytes: 0, datasetBytes: 0, overheadBytes: 0, eventsStreamBytes: 0, commands: 0, scriptUs: 0 };
    const calls = callsBetween(
      { ...reading, calls: { hset: 5, get: 2 } },
      { ...reading, calls: { hset: 9, get: 2, xadd: 3 } },
    );
    expect(calls).toEqual({ hset: 4, xadd: 3 });
  });

  it('tells the time in scripts, whoever may write in them, and not that of their commands twice', () => {
    const statistics = (name: string, us: number) => `cmdstat_${name}:calls=2,usec=${us},usec_per_call=${us / 2}.00`;
    const info = [statistics('evalsha', 40), statistics('evalsha_ro', 20), statistics('hset', 30)].join('\r\n');
    expect(scriptUsOf(parseInfo(info))).toBe(60);
  });
});
