// What a test file gets as `@jest/globals`. Modules that several files share are loaded once, and their imports follow:
// each name stands for what the file that runs now has. Plain JavaScript: Jest does not compile it.
export let describe, it, test, expect, beforeAll, beforeEach, afterAll, afterEach;
let timers;

export function useGlobals(ofThisFile, timersOfThisFile) {
  ({ describe, it, test, expect, beforeAll, beforeEach, afterAll, afterEach } = ofThisFile);
  timers = timersOfThisFile;
}

/** Of Jest's own object only what tests use. */
export const jest = {
  useFakeTimers: (options) => timers.useFakeTimers(options),
  useRealTimers: () => timers.useRealTimers(),
  advanceTimersByTime: (milliseconds) => timers.advanceTimersByTime(milliseconds),
};
