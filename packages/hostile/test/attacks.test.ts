/** A few of every class of hostile files, sources and clients; `npm run test:hostile` drives all of them. */
import { expect, test } from '@jest/globals';
import type { CaseKind } from '../src/case.ts';
import { clientAttacks } from '../src/clients/attacks.ts';
import { fileClasses } from '../src/files/all-files.ts';
import { fileAttacks } from '../src/files/attacks.ts';
import { runAttacks } from '../src/run.ts';

const silent = { line: () => undefined, bar: () => undefined };

test.each<[CaseKind, number]>([
  ['files', 3],
  ['sources', 6],
  ['clients', 5],
])('when hostile %s come, then each ends as is right, and nothing else happens', async (kind, casesPerClass) => {
  const options = { kinds: [kind], casesPerClass, seed: 1, requestsPerOperation: 1, json: false };
  const { classes, totals } = await runAttacks(options, silent);

  const wrong = classes.flatMap(({ results }) => results.filter(({ ok }) => !ok));
  expect(wrong).toEqual([]);
  expect(totals.cases).toBeGreaterThanOrEqual(24);
  expect(totals.answers).toBeGreaterThanOrEqual(24);
  expect(totals).toMatchObject({ crashes: 0, addressesReached: 0, serverErrors: [], leaks: [], metadataFound: 0 });
});

test('when all attacks are counted, then there are as many as promised, each with a name of its own', () => {
  const files = fileAttacks(1).flatMap(({ attacks }) => attacks.map(({ name }) => name));
  const clients = clientAttacks().flatMap(({ attacks }) => attacks);

  expect(files.length).toBeGreaterThanOrEqual(200);
  expect(clients.length).toBeGreaterThanOrEqual(100);
  expect(new Set(files).size).toBe(files.length);
});

test('when files are made again from the same seed, then they are the same; another seed makes others', async () => {
  const flips = async (seed: number) => {
    const [, , , , bitFlips] = fileClasses(seed);
    return Promise.all((bitFlips?.cases ?? []).map(async ({ bytes }) => (await bytes()).toString('hex')));
  };

  expect(await flips(5)).toEqual(await flips(5));
  expect(await flips(5)).not.toEqual(await flips(6));
});
