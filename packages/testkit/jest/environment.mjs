// Where Jest runs test files: in the worker process as it is, and at the end of each file comes the end of what its
// tests have left running: a hook that threw, a test that ran out of time. Plain JavaScript: Jest does not compile it.
import { takeCoverage } from 'node:v8';

const { console, process } = globalThis;
const { exit } = process;

export default class {
  // Jest's own environments have a new global object for each file, and with it every library is read, linked and
  // compiled again for each file: most of what the tests cost.
  global = globalThis;
  getVmContext() {
    return null;
  }

  async setup() {
    globalThis[Symbol.for('tintype.end-with-tests')] = new Set();
  }

  async teardown() {
    const ends = globalThis[Symbol.for('tintype.end-with-tests')];
    // The last first: services before the server that they use, and the folder of both at the end.
    for (const end of [...ends].reverse()) await end().catch((error) => process.stderr.write(`${error}\n`));
    // Jest has put its own in their places.
    globalThis.console = console;
    process.exit = exit;
    if (process.env.NODE_V8_COVERAGE) takeCoverage();
  }
}
