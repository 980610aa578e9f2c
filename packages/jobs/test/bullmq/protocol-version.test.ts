/** The installed BullMQ is the one that our scripts agree with; else this says what to read before it is raised. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { openShard } from '@tintype/redis';
import { ThumbnailBackend } from '../../src/bullmq/backend.ts';
import { bullmqVersion } from '../../src/bullmq/protocol.ts';
import { UnsupportedOperation, UnsupportedOperations } from '../../src/bullmq/unsupported.ts';
import { startQueueUnderTest } from '../queue-under-test.ts';

const folder = dirname(createRequire(import.meta.url).resolve('bullmq/package.json'));
const textOf = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8');

/**
 * The scripts whose keys, fields and scores ours share, and the first digits of the SHA-256 of each with all that it
 * includes, without comments and indentation.
 */
const scripts: Record<string, string> = {
  'addPrioritizedJob-9': 'dcc85ca093a3d986',
  'moveToActive-11': '53d59dccbb5648ff',
  'moveToFinished-14': 'fe186b052a88aa14',
  'moveToDelayed-11': '2f796fa4f25a4a6e',
  'moveStalledJobsToWait-9': '2e185cdc8a0ab320',
  'moveJobFromActiveToWait-9': 'e5a800f3f53b32d1',
};

/** The text of a script and of everything that it includes, each once. */
function sourceOf(file: string, seen = new Set<string>()): string {
  if (seen.has(file)) return '';
  seen.add(file);
  const text = textOf('dist', 'esm', 'commands', `${file}.lua`);
  const included = [...text.matchAll(/^\s*--- @include "(?:includes\/)?([^"]+)"/gm)];
  return [...included.map(([, name]) => sourceOf(`includes/${name}`, seen)), text].join('\n');
}

function digestOf(script: string): string {
  const lines = sourceOf(script)
    .replaceAll(/--\[\[[\s\S]*?\]\]/g, '')
    .split('\n')
    .map((line) => line.replace(/--.*$/, '').trim())
    .filter((line) => line !== '');
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
}

const interfaceText = textOf('dist', 'esm', 'interfaces', 'queue-backend.d.ts').replaceAll(/\/\*[\s\S]*?\*\//g, '');
const interfaceBody = /export interface IQueueBackend \{\n([\s\S]*?)\n\}/.exec(interfaceText)?.[1] ?? '';
/**
 * The names of its methods, and of its properties. Members are indented by four spaces, what belongs to them by more.
 */
const methods = [...new Set([...interfaceBody.matchAll(/^ {4}(\w+)[<(]/gm)].map(([, name = '']) => name))];
const properties = [...interfaceBody.matchAll(/^ {4}readonly (\w+)\??:/gm)].map(([, name = '']) => name);

test('when BullMQ is another one than our scripts were written for, then this tells what to read', () => {
  const { version } = JSON.parse(textOf('package.json'));
  const advice =
    version === bullmqVersion
      ? 'as protocol.ts names it'
      : `BullMQ is ${version}, protocol.ts was written for ${bullmqVersion}. Read what has changed in its scripts ` +
        `${Object.keys(scripts).join(', ')} (dist/esm/commands) and in IQueueBackend (dist/esm/interfaces), ` +
        'then raise the version there.';
  expect(advice).toBe('as protocol.ts names it');
});

test('when one of the scripts that ours agree with has changed, then this names it', () => {
  expect(Object.fromEntries(Object.keys(scripts).map((script) => [script, digestOf(script)]))).toEqual(scripts);
});

test('when BullMQ’s backends have a method, then ours does it or refuses it by its name', async () => {
  expect(methods.length).toBeGreaterThan(60);
  expect(properties.length).toBeGreaterThan(4);
  const under = await startQueueUnderTest();
  try {
    const backend = new ThumbnailBackend({ shard: openShard(under.producer), worker: 'w', lockMs: 1000 });
    const refused = Object.keys(new UnsupportedOperations()).filter((name) => methods.includes(name));
    for (const name of methods) expect([name, typeof Reflect.get(backend, name)]).toEqual([name, 'function']);
    for (const name of properties) expect([name, name in backend]).toEqual([name, true]);
    for (const name of refused) {
      const refuse: () => unknown = Reflect.get(backend, name).bind(backend);
      const err: unknown = await new Promise((resolve) => resolve(refuse())).catch((err: unknown) => err);
      expect(err).toBeInstanceOf(UnsupportedOperation);
      expect(String(err)).toMatch(new RegExp(`\\b${name}\\b`));
    }
    expect(refused.length).toBeLessThan(methods.length);
  } finally {
    await under.stop();
  }
});

test('when ours refuses something, then BullMQ has it', () => {
  const inherited = Object.keys(new UnsupportedOperations()).filter((name) => !name.startsWith('_'));
  expect(inherited.filter((name) => !methods.includes(name))).toEqual([]);
});
