/** Which peers are here, what is said of those that are not, and one short run from the command line. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it, test } from '@jest/globals';
import { parse } from '@tintype/contracts';
import Type from 'typebox';
import { canTake, contestantsOf, rotated } from '../src/contestants.ts';
import { startOnDemandServers } from '../src/peers/installed-peers.ts';
import { onDemandPeer, type Wanted } from '../src/peers/on-demand.ts';
import { missingLine } from '../src/peers/peer.ts';
import { judgeModules } from '../src/peers/python.ts';

describe('a peer in Python', () => {
  it('is here when all that it needs can be imported, with or without what only makes it faster', () => {
    const told = { python: '3.11.2', rq: '1.13.0', PIL: '9.4.0', uvloop: null, hiredis: '1.0.1' };
    expect(judgeModules(['rq', 'PIL'], told)).toEqual({
      versions: { python: '3.11.2', rq: '1.13.0', PIL: '9.4.0', hiredis: '1.0.1' },
    });
  });

  it('is left out with one line that says how to install it', () => {
    const look = judgeModules(['celery', 'redis', 'PIL'], { redis: '4.3.4', celery: null });
    expect('missing' in look && missingLine('celery', look)).toBe(
      'celery is left out: no celery, PIL (apt-get install python3-celery python3-pil)',
    );
  });
});

test('when a peer makes pictures while the client waits, then its server is asked by its own paths, and ends with us', async () => {
  const program = `require('http').createServer((request, answer) => answer.end(request.url)).listen(process.argv[1], '127.0.0.1')`;
  const peer = onDemandPeer('ipx', async () => ({ versions: {} }), {
    command: (port) => [process.execPath, '-e', program, String(port)],
    readyPath: '/',
    pathOf: (source, { side, fit }) => `/${fit}/${side}/${source}`,
  });
  const stops: (() => Promise<void>)[] = [];
  const here = new Map([[peer.name, peer]]);
  const [server] = await startOnDemandServers(here, 'localhost:1', (stop) => void stops.push(stop));
  const wanted: Wanted = { side: 100, fit: 'cover' };
  const url = `${server?.origin}${server?.pathOf('a.jpg', wanted)}`;
  expect(await (await fetch(url)).text()).toBe('/cover/100/a.jpg');
  for (const stop of stops) await stop();
  await expect(fetch(url)).rejects.toThrow();
});

describe('contestants', () => {
  it('are Tintype, the bare loop and whoever is here and can read the pictures', () => {
    const here = new Map();
    expect(contestantsOf('web', here)).toEqual(['tintype', 'bare']);
    expect(contestantsOf('colours', here)).toEqual(['tintype']);
  });

  it('begin the rounds in turn', () => {
    expect([0, 1, 2, 3].map((round) => rotated(['a', 'b', 'c'], round).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
  });

  it('are spared what they cannot do', () => {
    expect([canTake('ipx', 'burst'), canTake('ipx', 'idle'), canTake('bare', 'idle')]).toEqual([false, true, false]);
    expect([canTake('imgproxy', 'burst'), canTake('scipy', 'burst'), canTake('scipy', 'closed')]).toEqual([
      false,
      false,
      true,
    ]);
  });
});

it('measures Tintype and the bare loop in a quick run, with every picture made', async () => {
  const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const args = '--suite png --quick --n 16 --clients 8 --load closed,burst --peers none --json'.split(' ');
  const node = ['--conditions=source', '--disable-warning=ExperimentalWarning', main, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, node, { maxBuffer: 2 ** 24 });
  const Load = Type.Object({
    load: Type.String(),
    pictures: Type.Integer(),
    figures: Type.Record(Type.String(), Type.Unknown()),
  });
  const Document = Type.Object({
    suites: Type.Array(Type.Object({ failures: Type.Object({}), loads: Type.Array(Load) })),
    goals: Type.Array(Type.Object({ verdict: Type.String() })),
  });
  const { suites, goals } = parse(Document, JSON.parse(stdout));
  expect(suites).toHaveLength(1);
  expect(suites[0]?.failures).toEqual({});
  expect(suites[0]?.loads.map(({ load, pictures, figures }) => [load, pictures, Object.keys(figures)])).toEqual([
    ['closed', 5, ['tintype', 'bare']],
    ['burst', 5, ['tintype', 'bare']],
  ]);
  expect(goals.length).toBeGreaterThan(20);
});
