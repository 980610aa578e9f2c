// Jest's environment of Node.js, and at the end of each test file the end of what its tests have left running: a hook
// that threw, a test that ran out of time. Plain JavaScript: Jest does not compile it.
import { TestEnvironment } from 'jest-environment-node';

export default class extends TestEnvironment {
  async teardown() {
    const ends = this.global[Symbol.for('tintype.end-with-tests')] ?? [];
    // The last first: services before the server that they use, and the folder of both at the end.
    for (const end of [...ends].reverse()) await end().catch((error) => process.stderr.write(`${error}\n`));
    await super.teardown();
  }
}
