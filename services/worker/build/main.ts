/** The last part of the worker's build: the child in one file, beside what the compiler has written. */
import { fileURLToPath } from 'node:url';
import { bundleChild } from './child-bundle.ts';

await bundleChild({
  entry: fileURLToPath(new URL('../src/picture/child-main.ts', import.meta.url)),
  folder: fileURLToPath(new URL('../dist/picture', import.meta.url)),
  home: '__filename',
});
