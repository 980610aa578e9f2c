import { availableParallelism, devNull } from 'node:os';

// What a developer has in .env must not change what tests see.
process.env.ENV_FILE = devNull;

// Test files are loaded by Node.js itself, and workspace packages from their sources, so tests need no build.
export default {
  testEnvironment: '<rootDir>/packages/testkit/jest/environment.mjs',
  runtime: '<rootDir>/packages/testkit/jest/runtime.mjs',
  testSequencer: '<rootDir>/packages/testkit/jest/sequencer.mjs',
  transform: {},
  roots: ['<rootDir>/packages', '<rootDir>/services', '<rootDir>/bench'],
  testMatch: ['**/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  // Fits a machine that has ten times as much to do.
  testTimeout: 600_000,
  // When all is done each process writes what it has compiled into NODE_COMPILE_CACHE: seconds in a fresh clone. Jest's
  // half a second would end it on the way, with a warning, and the next run would compile all that again.
  workerGracefulExitTimeout: 60_000,
  // Most of the time tests wait for servers, sources and pauses: with one for each core, cores are idle half of it.
  maxWorkers: 2 * availableParallelism(),
};
