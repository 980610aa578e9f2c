/** The entrance for threads. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { createDescribingReducer, createWarmUpJpeg } from '../src/reduced.ts';

test('when the reducer and the structure scan are imported, then neither sharp nor a schema is loaded', async () => {
  const entry = new URL('../src/reduced.ts', import.meta.url).href;
  const code = `
    import { registerHooks } from 'node:module';
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import(${JSON.stringify(entry)});
    process.stdout.write(JSON.stringify(loaded));`;
  const args = ['--conditions=source', '--no-warnings', '--input-type=module', '--eval', code];
  const cwd = fileURLToPath(new URL('..', import.meta.url));
  const loaded: string[] = JSON.parse((await promisify(execFile)(process.execPath, args, { cwd })).stdout);
  expect(loaded.filter((url) => url.includes('packages/raster/src/')).length).toBeGreaterThan(5);
  expect(loaded.filter((url) => /sharp|typebox|packages\/(imaging|contracts)/.test(url))).toEqual([]);
});

test('when a JPEG is reduced, then its thumbnail, colours and placeholder come in one go, and each step is told', () => {
  const { bytes, reduction } = createWarmUpJpeg();
  const steps: string[] = [];
  const reduced = createDescribingReducer()(bytes, reduction, (step) => void steps.push(step));
  expect(reduced?.renditions).toEqual([expect.objectContaining({ width: 100, height: 100 })]);
  expect(reduced?.description?.colours.palette.length).toBeGreaterThan(0);
  expect(steps).toEqual(['resize', 'colours']);
});
