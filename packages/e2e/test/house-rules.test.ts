/** The rules of the house, read from the package.json files and the imports. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** What each room may know of the others; the arrows of docs/architecture.md. */
const arrows: Record<string, readonly string[]> = {
  'packages/contracts': [],
  'packages/cli': ['contracts'],
  'packages/colour': [],
  'packages/runtime': [],
  'packages/embedded': [],
  'packages/redis': ['contracts'],
  'packages/safe-fetch': ['contracts', 'runtime'],
  'packages/imaging': ['contracts', 'raster'],
  'packages/picture': ['colour', 'contracts', 'imaging', 'raster'],
  'packages/raster': ['contracts'],
  'packages/storage': ['contracts'],
  'packages/jobs': ['contracts', 'redis'],
  'services/api': ['colour', 'contracts', 'jobs', 'redis', 'runtime', 'storage'],
  'services/search': ['colour', 'contracts', 'runtime'],
  'services/worker': ['contracts', 'jobs', 'picture', 'redis', 'runtime', 'safe-fetch', 'storage'],
};

/** Rooms that only development uses: they may know everything. */
const developmentRooms = ['packages/testkit', 'packages/e2e', 'packages/faults', 'packages/hostile'];

/** Second entrances: what can be had of a room without what the rest of it loads. */
const sideEntrances = ['@tintype/picture/reduced'];

/** The room that may import what is dangerous or heavy; of HTTP servers there are two. */
const doors: Record<string, string | readonly string[]> = {
  sharp: 'packages/imaging',
  thumbhash: 'packages/raster',
  bullmq: 'packages/jobs',
  ioredis: 'packages/redis',
  undici: 'packages/safe-fetch',
  'ipaddr.js': 'packages/safe-fetch',
  fastify: ['services/api', 'services/search'],
  pg: ['packages/embedded', 'services/search'],
  pino: 'packages/runtime',
  'prom-client': 'packages/runtime',
};

type SourceFile = { path: string; text: string; imports: string[] };

function roomsIn(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${folder}/${entry.name}`);
}

function sourcesOf(room: string): SourceFile[] {
  const folder = join(root, room, 'src');
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const text = readFileSync(path, 'utf8');
      const imports = [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, name = '']) => name);
      return { path: relative(root, path), text, imports };
    });
}

const manifestOf = (room: string): { dependencies?: Record<string, string> } =>
  JSON.parse(readFileSync(join(root, room, 'package.json'), 'utf8'));
const rooms = [...roomsIn('packages'), ...roomsIn('services')];
const productRooms = rooms.filter((room) => !developmentRooms.includes(room));

test('when a room exists, then its arrows are written down', () => {
  expect(productRooms.sort()).toEqual(Object.keys(arrows).sort());
});

describe.each(productRooms)('%s', (room) => {
  const sources = sourcesOf(room);
  const allowed = (arrows[room] ?? []).map((name) => `@tintype/${name}`);

  test('its package.json and its imports keep the arrows', () => {
    const declared = Object.keys(manifestOf(room).dependencies ?? {}).filter((name) => name.startsWith('@tintype/'));
    const imported = new Set(
      sources
        .flatMap(({ imports }) => imports.filter((name) => name.startsWith('@tintype/')))
        .map((name) => (sideEntrances.includes(name) ? name.split('/').slice(0, 2).join('/') : name)),
    );
    expect(declared.sort()).toEqual([...allowed].sort());
    expect([...imported].sort()).toEqual([...allowed].sort());
  });

  test('it imports no room’s inside and no service', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports
        .filter((name) => !sideEntrances.includes(name))
        .filter((name) => /^@tintype\/[^/]+\//.test(name) || /(^|\/)services\//.test(name))
        .map((name) => `${path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('what has one door comes in by that door', () => {
    const wrong = sources.flatMap(({ path, imports }) =>
      imports.filter((name) => ![doors[name] ?? room].flat().includes(room)).map((name) => `${path}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('the environment is read in config.ts alone, and nothing is written to the console', () => {
    // The search for a program on PATH is the one other reader, in a room without settings.
    const readers = ['config.ts', 'find-executable.ts'];
    const wrong = sources.filter(
      ({ path, text }) => /process\.env\b/.test(text) && !readers.some((name) => path.endsWith(`/${name}`)),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
    expect(sources.filter(({ text }) => /\bconsole\./.test(text)).map(({ path }) => path)).toEqual([]);
  });

  test('outgoing HTTP goes through safe-fetch, and nothing is decided by Math.random', () => {
    // The health server only listens; the script of the docs' page runs in its reader's browser.
    // The search service is one of ours.
    // The command line calls the API that its user names.
    const others = [
      'health-server.ts',
      'http/openapi/example-ids.ts',
      'library/search-client.ts',
      'import/library-client.ts',
    ];
    const wrong = sources.filter(
      ({ path, text }) =>
        /(?<![\w.])fetch\(|\bMath\.random\b|from 'node:https?'/.test(text) &&
        !others.some((name) => path.endsWith(`/${name}`)),
    );
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('each file says in its first line what it is for, and has no default export', () => {
    const wrong = sources.filter(({ text }) => !text.startsWith('/** ') || /^export default/m.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
  });

  test('each file fits on a few screens', () => {
    const long = sources.filter(({ text }) => text.split('\n').length > 350);
    expect(long.map(({ path }) => path)).toEqual([]);
  });
});

test('no file is named for nothing in particular', () => {
  const wrong = rooms
    .filter((room) => room !== 'packages/e2e')
    .flatMap(sourcesOf)
    .filter(({ path }) => /(utils?|helpers?|common|manager|misc)\b/.test(path));
  expect(wrong.map(({ path }) => path)).toEqual([]);
});

test('each of the longest test files, which Jest begins first, is there, and is named once', () => {
  const names: string[] = JSON.parse(readFileSync(join(root, 'packages/testkit/jest/longest-files.json'), 'utf8'));
  const there = names.filter((name) => existsSync(join(root, name)));
  expect([...new Set(there)]).toEqual(names);
});
