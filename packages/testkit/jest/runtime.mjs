// Loads test files for Jest as Node.js does: TypeScript without its types, workspace packages from their sources, and
// a library once for all files of a worker process. Plain JavaScript: Jest does not compile it.
import { createRequire, registerHooks } from 'node:module';
import { pathToFileURL } from 'node:url';
import { ModernFakeTimers } from '@jest/fake-timers';
import { useGlobals } from './globals.mjs';

const require = createRequire(import.meta.url);
const globalsUrl = new URL('globals.mjs', import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier === '@jest/globals') return { url: globalsUrl, shortCircuit: true };
    return nextResolve(specifier, { ...context, conditions: ['source', ...context.conditions] });
  },
});

/** In place of Jest's own, which has a module system in a context of its own for each file. */
export default class {
  #config;

  constructor(config) {
    this.#config = config;
  }

  /** The part of Jest that collects and runs the tests of one file, with nothing of the file before. */
  requireInternalModule(path) {
    delete globalThis[Symbol.for('EVENT_HANDLERS')];
    delete require.cache[path];
    return require(path);
  }

  setGlobalsForRuntime(globals) {
    useGlobals(globals, new ModernFakeTimers({ config: this.#config, global: globalThis }));
  }

  unstable_shouldLoadAsEsm() {
    return true;
  }

  async unstable_importModule(path) {
    await import(pathToFileURL(path).href);
  }

  requireModule(path) {
    return require(path);
  }

  // What else Jest calls has nothing to do here.
  enterTestCode() {}
  leaveTestCode() {}
  teardown() {}
  getSourceMaps() {
    return new Map();
  }
  getAllCoverageInfoCopy() {}
}
