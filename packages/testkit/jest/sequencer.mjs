// In which order Jest runs the test files: the longest first, so that none of them is alone at the end. Where Jest has
// not measured them yet, as in a fresh clone, the order is that of a run that was written down here:
// `LONGEST_FILES=write npm test` writes it anew. Plain JavaScript: Jest does not compile it.
import { readFileSync, writeFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import TestSequencer from '@jest/test-sequencer';

const list = new URL('longest-files.json', import.meta.url);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const longest = JSON.parse(readFileSync(list, 'utf8'));
const listed = 60;

const nameOf = (path) => relative(root, path).split(sep).join('/');

export default class extends TestSequencer {
  /** Milliseconds of a run, or a rank: Jest compares them. It would run what has none before all others. */
  time(test) {
    return super.time(test) ?? 1000 * (longest.toReversed().indexOf(nameOf(test.path)) + 1);
  }

  cacheResults(tests, results) {
    super.cacheResults(tests, results);
    if (process.env.LONGEST_FILES !== 'write') return;
    const names = results.testResults
      .toSorted((one, other) => other.perfStats.runtime - one.perfStats.runtime)
      .map(({ testFilePath }) => nameOf(testFilePath));
    writeFileSync(list, `${JSON.stringify(names.slice(0, listed), null, 2)}\n`);
  }
}
