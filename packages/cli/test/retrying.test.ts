/** Which calls are made again, and when an import gives up. */
import { expect, test } from '@jest/globals';
import { Problem, type ProblemCode } from '@tintype/contracts';
import { ImportStopped, Refused, Unreachable } from '../src/import/refusals.ts';
import { createRetrying, type RetryingOptions } from '../src/import/retrying.ts';

const { signal } = new AbortController();

function refusedBy(code: ProblemCode, retryAfterMs: number | null = null): Refused {
  const problem = new Problem(code);
  return new Refused(problem.status, problem.toDocument('https://example.org/errors'), retryAfterMs);
}

function startRetrying(options: Partial<RetryingOptions> = {}) {
  return createRetrying({ signal, firstPauseMs: 1, ...options });
}

/** Fails with these, one after the other, and succeeds then. */
function failingWith(...errors: Error[]) {
  let calls = 0;
  const call = async (): Promise<number> => {
    const err = errors[calls];
    calls += 1;
    if (err) throw err;
    return calls;
  };
  return { call, calls: () => calls };
}

test('when no answer comes, or one that asks to come again, then the call is made again', async () => {
  const { call } = failingWith(new Unreachable('ECONNRESET'), refusedBy('rate_limited', 0), refusedBy('queue_full', 0));
  expect(await startRetrying()(call)).toBe(4);
});

test('when one is asked to wait, then all others wait as long', async () => {
  const rests: [number, string][] = [];
  const retrying = startRetrying({ onRest: (restMs, { code }) => rests.push([restMs, code]) });
  const order: string[] = [];
  const limited = failingWith(refusedBy('rate_limited', 60));
  const startedAt = performance.now();
  const first = retrying(limited.call).then(() => order.push('limited'));
  await new Promise(setImmediate);
  await Promise.all([first, retrying(async () => order.push('other'))]);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(60);
  expect(order.sort()).toEqual(['limited', 'other']);
  expect(rests).toEqual([[60, 'rate_limited']]);
});

test.each<ProblemCode>(['not_an_image', 'conflict', 'quota_exceeded', 'unauthorized'])(
  'when it is refused for good (%s), then it is not made again',
  async (code) => {
    const { call, calls } = failingWith(refusedBy(code));
    await expect(startRetrying()(call)).rejects.toMatchObject({ code });
    expect(calls()).toBe(1);
  },
);

test('when nothing comes through for too long, then the import is stopped', async () => {
  const retrying = startRetrying({ patienceMs: 0 });
  await expect(retrying(failingWith(...Array(9).fill(new Unreachable('ECONNREFUSED'))).call)).rejects.toThrow(
    ImportStopped,
  );
});

test('when one call fails again and again while others succeed, then it alone has failed', async () => {
  const retrying = startRetrying();
  const succeed = async (): Promise<never> => {
    await retrying(async () => null);
    throw new Unreachable('ECONNRESET');
  };
  await expect(retrying(succeed)).rejects.toThrow(Unreachable);
});
