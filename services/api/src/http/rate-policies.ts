/** The setting `RATE_LIMIT`: which quotas there are. */
import { InvalidSettings } from '@tintype/runtime';

/** In the order in which they are counted: a request that is too much costs no jobs. */
const policyNames = ['requests', 'images', 'jobs'] as const;
type PolicyName = (typeof policyNames)[number];
export type RatePolicy = { name: PolicyName; quota: number; windowSeconds: number };

/**
 * Reads entries like `requests=600/60` (at most 600 in 60 seconds), one of each kind; `off` is no policy. In the order in
 * which they are counted. Throws `InvalidSettings`.
 */
export function parseRateLimit(entries: string[]): RatePolicy[] {
  if (entries.length === 1 && entries[0] === 'off') return [];
  const policies = entries.map(parseEntry);
  const twice = policyNames.find((name) => policies.filter((policy) => policy.name === name).length > 1);
  if (twice) throw new InvalidSettings(`RATE_LIMIT: ${twice}=<quota>/<seconds> is there more than once`);
  return policies.toSorted((one, other) => policyNames.indexOf(one.name) - policyNames.indexOf(other.name));
}

function parseEntry(entry: string): RatePolicy {
  const [, word = '', quota, window] = /^(\w+)=(\d{1,9})\/(\d{1,6})$/.exec(entry) ?? [];
  const name = policyNames.find((known) => known === word);
  if (name === undefined || Number(quota) < 1 || Number(window) < 1) {
    throw new InvalidSettings(
      `RATE_LIMIT: ${entry} is not off, requests=<quota>/<seconds>, images=<quota>/<seconds> or jobs=<quota>/<seconds>`,
    );
  }
  return { name, quota: Number(quota), windowSeconds: Number(window) };
}
