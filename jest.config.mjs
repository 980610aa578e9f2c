import { devNull } from 'node:os';

// What a developer has in .env must not change what tests see.
process.env.ENV_FILE = devNull;

// Native ESM; workspace packages are read from their sources ("source" condition), so tests need no build.
export default {
  testEnvironment: '<rootDir>/packages/testkit/jest-environment.mjs',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2024' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  roots: ['<rootDir>/packages', '<rootDir>/services', '<rootDir>/bench'],
  testMatch: ['**/test/**/*.test.ts'],
  modulePathIgnorePatterns: ['/dist/'],
  // Fits a machine that has ten times as much to do.
  testTimeout: 240_000,
  // Most tests wait for servers and sources: a core for the runner alone would be idle.
  maxWorkers: '100%',
};
