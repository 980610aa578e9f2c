/** The rooms of the API: what every request meets knows no noun, and nouns know each other as is written here. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const src = fileURLToPath(new URL('../src', import.meta.url));

/** What each room imports from the others. `api.ts` and `app.ts` put them together and know all. */
const arrows: Record<string, string[]> = {
  http: [],
  counter: ['http'],
  feedback: ['http', 'library'],
  health: ['http'],
  images: ['http', 'presets', 'thumbnails'],
  keys: ['http'],
  library: ['colours', 'http', 'thumbnails'],
  limits: ['http', 'thumbnails'],
  operator: ['http'],
  palettes: ['http'],
  presets: ['http'],
  queue: ['http'],
  samples: [],
  stats: ['http'],
  thumbnails: ['http', 'presets'],
  batches: ['http', 'thumbnails'],
  colours: ['http', 'palettes', 'thumbnails'],
  compat: ['http', 'thumbnails'],
};

const rooms = readdirSync(src, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name);

function importedBy(room: string): string[] {
  const folder = join(src, room);
  const found = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .flatMap(({ parentPath, name }) => {
      const text = readFileSync(join(parentPath, name), 'utf8');
      return [...text.matchAll(/from '(\.[^']+)'/g)].map(([, path = '']) => join(parentPath, path));
    })
    .map((path) => dirname(relative(src, path)).split('/')[0] ?? '')
    .filter((name) => name !== room);
  return [...new Set(found)].sort();
}

test('when a room exists, then it imports from the others what is written down', () => {
  expect(Object.fromEntries(rooms.map((room) => [room, importedBy(room)]))).toEqual(arrows);
});
