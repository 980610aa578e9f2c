// Where Jest runs test files: in the worker process as it is, and at the end of each file comes the end of what its
// tests have left running: a hook that threw, a test that ran out of time. Plain JavaScript: Jest does not compile it.
import { takeCoverage } from 'node:v8';

const { console, process } = globalThis;
const { exit } = process;

/** Whoever listens to these keeps a worker process of Jest alive when all files are done. */
const holdingEvents = ['message', 'disconnect'];

export default class {
  // Jest's own environments have a new global object for each file, and with it every library is read, linked and
  // compiled again for each file: most of what the tests cost.
  global = globalThis;
  getVmContext() {
    return null;
  }

  #listenersBefore;

  async setup() {
    this.#listenersBefore = holdingEvents.map((event) => process.listeners(event));
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

  /** Jest tells of a listener that is left beside what else has failed in the file. */
  handleTestEvent({ name }, { unhandledErrors }) {
    if (name !== 'run_finish') return;
    for (const [index, event] of holdingEvents.entries()) {
      const before = this.#listenersBefore[index];
      for (const listener of process.listeners(event).filter((listener) => !before.includes(listener))) {
        process.removeListener(event, listener);
        unhandledErrors.push(new Error(`a listener of process.on('${event}') is left`));
      }
    }
  }
}
