// Jest's environment of Node.js with a plain global object, and at the end of each test file the end of what its tests
// have left running: a hook that threw, a test that ran out of time. Plain JavaScript: Jest does not compile it.
import vm from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const { createContext } = vm;
// Jest puts a proxy behind its global object, and V8 asks it at every look-up of `Math` or `Uint8Array`: what draws or
// counts pixels then takes up to forty times as long as outside of Jest.
const createPlainContext = () => createContext(vm.constants.DONT_CONTEXTIFY);

export default class extends TestEnvironment {
  constructor(...args) {
    vm.createContext = createPlainContext;
    try {
      super(...args);
    } finally {
      vm.createContext = createContext;
    }
  }

  async teardown() {
    const ends = this.global[Symbol.for('tintype.end-with-tests')] ?? [];
    // The last first: services before the server that they use, and the folder of both at the end.
    for (const end of [...ends].reverse()) await end().catch((error) => process.stderr.write(`${error}\n`));
    await super.teardown();
  }
}
