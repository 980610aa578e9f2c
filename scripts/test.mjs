// `npm test`: installs what is needed, then lint, types and every test. Plain JavaScript for Node.js >= 18.
// Arguments go to Jest: `npm test -- packages/colour`. `--long` (`npm run test:long`) takes every case of every test.
import { fileURLToPath } from 'node:url';
import { installOnce } from './install.mjs';
import { pnpm } from './pnpm.mjs';

await installOnce();
const isLong = process.argv[2] === '--long';
const jestArguments = process.argv.slice(isLong ? 3 : 2);
const filtered = jestArguments.length > 0;
const checks = filtered
  ? []
  : [
      ['exec', 'biome', 'check', '--error-on-warnings', '.'],
      ['exec', 'tsc', '--noEmit'],
    ];
for (const args of checks) {
  const code = await pnpm(args);
  if (code !== 0) process.exit(code);
}
process.exitCode = await pnpm(['exec', 'jest', ...jestArguments], {
  env: {
    ...(isLong && { TESTS: 'long' }),
    // Tests start a hundred processes: each would strip types and compile anew. The folder is that of `npm start`.
    NODE_COMPILE_CACHE: fileURLToPath(new URL('../node_modules/.cache/tintype-code', import.meta.url)),
  },
});
