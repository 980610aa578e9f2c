/** A few of every class of hostile files, sources and clients; `npm run test:hostile` drives all of them. */
import { expect, test } from '@jest/globals';
import { createBases } from '../src/bytes/bases.ts';
import { sampleOf } from '../src/case.ts';
import { clientAttacks } from '../src/clients/attacks.ts';
import { fileAttacks } from '../src/files/attacks.ts';
import { bitFlips } from '../src/files/damage.ts';
import { jpegAttacks } from '../src/jpegs/attacks.ts';
import { runAttacks } from '../src/run.ts';

const silent = { line: () => undefined, bar: () => undefined };

test('when hostile files, sources and clients come, then each ends as is right, and nothing else happens', async () => {
  const kinds = ['files', 'sources', 'clients'] as const;
  const options = { kinds, casesPerClass: 3, seed: 1, requestsPerOperation: 1, judgesTimes: false, json: false };
  const { classes, totals } = await runAttacks(options, silent);

  expect(classes.flatMap(({ results }) => results.filter(({ ok }) => !ok))).toEqual([]);
  for (const kind of kinds) {
    const cases = classes.filter((one) => one.kind === kind).flatMap(({ results }) => results);
    expect(cases.length).toBeGreaterThanOrEqual(24);
  }
  expect(totals.answers).toBeGreaterThanOrEqual(totals.cases / 2);
  // The loops are metered; how long they may be held is judged by `npm run test:hostile`.
  expect(Math.min(totals.apiLoopMs, totals.workerLoopMs)).toBeGreaterThan(0);
  expect(totals).toMatchObject({ crashes: 0, addressesReached: 0, serverErrors: [], leaks: [], metadataFound: 0 });
});

test('when JPEGs are mutated, then our own reader takes none that libvips refuses, and makes the same of the others', async () => {
  const attacks = sampleOf(
    jpegAttacks(4).flatMap((attackClass) => attackClass.attacks),
    12,
  );
  const results = [];
  for (const attack of attacks) results.push(await attack.run());
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  expect(results.length).toBe(12);
});

test('when a few cases of a class are wanted, then they are quick ones, and slow ones only where there are no others', () => {
  const cases = (isSlow: boolean) => Array.from({ length: 9 }, (_, rank) => ({ rank, isSlow }));
  const chosen = sampleOf([...cases(true), ...cases(false)], 3, 2);
  expect(chosen.map(({ rank, isSlow }) => [rank, isSlow])).toEqual([
    [0, false],
    [3, false],
    [6, false],
  ]);
  expect(sampleOf(cases(true), 3, 2).map(({ rank }) => rank)).toEqual([0, 5]);
  expect(sampleOf(cases(true), 3)).toEqual([]);
});

test('when all attacks are counted, then there are as many as promised, each with a name of its own', () => {
  const files = fileAttacks(1).flatMap(({ attacks }) => attacks.map(({ name }) => name));
  const clients = clientAttacks().flatMap(({ attacks }) => attacks);

  expect(files.length).toBeGreaterThanOrEqual(200);
  expect(clients.length).toBeGreaterThanOrEqual(100);
  expect(new Set(files).size).toBe(files.length);
});

test('when files are made again from the same seed, then they are the same; another seed makes others', async () => {
  const bases = createBases();
  const flips = (seed: number) =>
    Promise.all(bitFlips(bases, seed).cases.map(async ({ bytes }) => (await bytes()).toString('base64')));

  expect(await flips(5)).toEqual(await flips(5));
  expect(await flips(5)).not.toEqual(await flips(6));
});
