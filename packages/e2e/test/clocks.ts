/** Services whose clocks are wrong, and how to tell that a thumbnail's times are right all the same. */
import { expect } from '@jest/globals';
import type { ServiceUnderTest } from '@tintype/testkit';
import type { ServiceStart } from './own-services.ts';
import type { Answer } from './watched-calls.ts';

export const minuteMs = 60_000;
/** How far times may lie beside those that the test measures itself. */
const toleranceMs = 1500;

/** Starts a service whose clock is so far ahead of the right time, or behind it. */
export function ahead(ms: number, env: Record<string, string> = {}): ServiceStart {
  const preload = new URL(`fixtures/shifted-clock.mjs?ms=${ms}`, import.meta.url);
  return { env, nodeFlags: ms === 0 ? [] : [`--import=${preload}`] };
}

/** The first line that a service has logged since it was started is as far ahead of its time as its clock. */
export function expectAhead(offsetMs: number, { log }: ServiceUnderTest, startedMs: number): void {
  const loggedMs = Date.parse(JSON.parse(log[0] ?? '{}').time) - offsetMs;
  expect(loggedMs).toBeGreaterThan(startedMs - toleranceMs);
  expect(loggedMs).toBeLessThan(Date.now() + toleranceMs);
}

/** Times in the order in which things happened, all of them after `fromMs` and before now. */
export function expectRightTimes({ json }: Answer, fromMs: number): void {
  const names = ['created_at', 'started_at', 'completed_at'].filter((name) => json[name] !== undefined);
  const times = names.map((name) => Date.parse(String(json[name])));
  expect([...times].sort((one, other) => one - other)).toEqual(times);
  for (const [index, at] of times.entries()) {
    expect([names[index], at - fromMs > -toleranceMs, at - Date.now() < toleranceMs]).toEqual([
      names[index],
      true,
      true,
    ]);
  }
}
