/** The command line: defaults, the quick run, and what is refused. */
import { describe, expect, it } from '@jest/globals';
import { InvalidOptions } from '@tintype/testkit';
import { picturesOf, readOptions, warmUpOf } from '../src/options.ts';

describe('readOptions', () => {
  it('measures everything thoroughly by default', () => {
    expect(readOptions([])).toEqual({
      suites: [
        ...['small', 'web', '12mp', '48mp', 'png', 'webp', 'progressive', 'avif'],
        ...['mixed', 'repeats', 'noop', 'colours'],
      ],
      queueSuites: ['backlog', 'fairness', 'lists'],
      queued: 100_000,
      peers: ['celery', 'rq', 'rq-simple', 'ipx', 'imgproxy', 'scipy'],
      loads: null,
      growthSuites: [
        'sizes',
        'workers',
        'results',
        'uploads',
        'images',
        'children',
        'renditions',
        'effects',
        'keep',
        'soak',
        'search',
      ],
      ...{ soakPictures: 20_000, plotFolder: null },
      ...{ pictures: 600, rounds: 3, clients: 64, workers: 1, warmUpPictures: 600, idleRequests: 100, quick: false },
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
      ...{ suites: [], queueSuites: ['backlog'], queued: 500, growthSuites: [] },
    });
  });

  it('has a quick run, in which single options still count', () => {
    expect(readOptions(['--quick', '--n', '30'])).toMatchObject({ pictures: 30, rounds: 1, warmUpPictures: 20 });
  });

  it('takes the peers and loads that are named, or none', () => {
    expect(readOptions(['--peers', 'rq,celery', '--load', 'burst,idle'])).toMatchObject({
      ...{ peers: ['rq', 'celery'], loads: ['burst', 'idle'] },
    });
    expect(readOptions(['--peers', 'none'])?.peers).toEqual([]);
  });

  it('takes fewer pictures where one costs more, and shares the idle ones out among the rounds', () => {
    const options = readOptions([]);
    if (options === null) throw new Error('this is no call for help');
    expect([picturesOf('web', 'closed', options), picturesOf('48mp', 'closed', options)]).toEqual([600, 30]);
    expect([warmUpOf('web', options), warmUpOf('png', options), warmUpOf('48mp', options)]).toEqual([600, 600, 200]);
    expect(picturesOf('web', 'idle', options)).toBe(34);
  });

  it('is null for a call for help', () => {
    expect(readOptions(['--help'])).toBeNull();
  });

  it.each([
    [['--peers', 'huey'], '--peers huey: must be one of celery, rq, rq-simple, ipx, imgproxy, scipy'],
    [['--load', 'open'], '--load open: must be one of closed, burst, idle'],
    [['--n', '0'], '--n 0: must be 1 or more'],
    [['--rounds', 'two'], '--rounds two: must be 1 or more'],
    [['--clients', '1.5'], '--clients 1.5: must be 1 or more'],
  ])('refuses %j', (args, message) => {
    expect(() => readOptions(args)).toThrow(new InvalidOptions(message));
  });

  it('refuses a suite that is none, and names those that are', () => {
    expect(() => readOptions(['--suite', 'huge'])).toThrow(/^--suite huge: must be one of small, web,.* backlog, /);
  });

  it('refuses an unknown option by its name', () => {
    expect(() => readOptions(['--speed'])).toThrow("'--speed'");
  });
});
