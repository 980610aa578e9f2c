/** The command line: defaults, the quick run, and what is refused. */
import { describe, expect, it } from '@jest/globals';
import { InvalidOptions } from '@tintype/testkit';
import { picturesPerSide, readOptions } from '../src/options.ts';

describe('readOptions', () => {
  it('measures everything thoroughly by default', () => {
    expect(readOptions([])).toEqual({
      suites: ['small', 'web', 'mixed', 'repeats'],
      queueSuites: ['backlog', 'fairness'],
      queued: 100_000,
      ...{ pictures: 600, rounds: 3, clients: 64, workers: 1, warmUpPictures: 300, idleRequests: 100 },
      json: false,
      profileFolder: null,
    });
  });

  it('takes what is given', () => {
    const args = '--suite small,web --n 1000 --rounds 5 --clients 8 --workers 2 --json --profile out'.split(' ');
    expect(readOptions(args)).toMatchObject({
      suites: ['small', 'web'],
      ...{ pictures: 1000, rounds: 5, clients: 8, workers: 2 },
      json: true,
      profileFolder: 'out',
    });
  });

  it('runs the suites about the queue alone when they alone are named', () => {
    expect(readOptions(['--suite', 'backlog', '--queued', '500'])).toMatchObject({
      ...{ suites: [], queueSuites: ['backlog'], queued: 500 },
    });
  });

  it('has a quick run, in which single options still count', () => {
    expect(readOptions(['--quick', '--n', '30'])).toMatchObject({ pictures: 30, rounds: 1, warmUpPictures: 60 });
  });

  it('tells how many pictures that is for one side', () => {
    const options = readOptions([]);
    expect(options && picturesPerSide(options)).toBe(300 + 3 * 600 + 100);
  });

  it('is null for a call for help', () => {
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([
    [['--suite', 'huge'], '--suite huge: must be one of small, web, mixed, repeats, backlog, fairness'],
    [['--n', '0'], '--n 0: must be 1 or more'],
    [['--rounds', 'two'], '--rounds two: must be 1 or more'],
    [['--clients', '1.5'], '--clients 1.5: must be 1 or more'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(new InvalidOptions(message));
  });

  it('refuses an unknown option by its name', () => {
    expect(() => readOptions(['--speed'])).toThrow("'--speed'");
  });
});
