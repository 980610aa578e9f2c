/** Quotas: so many requests and so many jobs in a time, for each key, or for each address where there is none. */
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import { Problem } from '@tintype/contracts';
import { connectProducer, disconnect, type RedisConnection, tenantKeys } from '@tintype/redis';
import { InvalidSettings, type Logger } from '@tintype/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a request makes a job, and so counts for that quota too. */
    makesJob?: boolean | ((request: FastifyRequest) => boolean);
    /** Not counted: what watches over the service must always get through. */
    unlimited?: boolean;
  }
}

const policyNames = ['requests', 'jobs'] as const;
type PolicyName = (typeof policyNames)[number];
export type RatePolicy = { name: PolicyName; quota: number; windowSeconds: number };

/** Reads entries like `requests=600/60` (at most 600 in 60 seconds); `off` is no policy. Throws `InvalidSettings`. */
export function parseRateLimit(entries: string[]): RatePolicy[] {
  if (entries.length === 1 && entries[0] === 'off') return [];
  return entries.map((entry) => {
    const [, word = '', quota, window] = /^(\w+)=(\d{1,9})\/(\d{1,6})$/.exec(entry) ?? [];
    const name = policyNames.find((known) => known === word);
    if (name === undefined || Number(quota) < 1 || Number(window) < 1) {
      throw new InvalidSettings(
        `RATE_LIMIT: ${entry} is not off, requests=<quota>/<seconds> or jobs=<quota>/<seconds>`,
      );
    }
    return { name, quota: Number(quota), windowSeconds: Number(window) };
  });
}

export type RateLimitsOptions = { policies: RatePolicy[]; redisUrl: string; logger: Logger };

/** A counter that does not answer in this time is not waited for. */
const countTimeoutMs = 250;
/** After a failure nothing is counted for this long: an absent Redis must not slow down every request. */
const pauseMs = 1000;

type Count = { policy: RatePolicy; remaining: number; resetSeconds: number; isExceeded: boolean };
/** What each policy that a request falls under says of it; nothing when they cannot be counted. */
type CountRequest = (request: FastifyRequest) => Promise<Count[]>;

/**
 * Counts in Redis, over all API processes, and throws `rate_limited`. Every counted answer has `RateLimit-Policy` and
 * `RateLimit` (draft-ietf-httpapi-ratelimit-headers). Where Redis does not answer, requests pass uncounted.
 */
export const rateLimits = fastifyPlugin<RateLimitsOptions>(async (app, { policies, redisUrl, logger }) => {
  if (policies.length === 0) return;
  const redis = connectProducer(redisUrl, { commandTimeoutMs: countTimeoutMs });
  app.addHook('onClose', () => disconnect(redis));
  await app.register(rateLimit, { global: false, redis, nameSpace: tenantKeys.rateLimits });
  const count = requestCounter(app, policies, redis, logger);
  const policyHeader = policies
    .map(({ name, quota, windowSeconds }) => `"${name}";q=${quota};w=${windowSeconds}`)
    .join(', ');

  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.unlimited) return;
    const counts = await count(request);
    reply.header('ratelimit-policy', policyHeader);
    if (counts.length === 0) return;
    reply.header(
      'ratelimit',
      counts
        .map(({ policy, remaining, resetSeconds }) => `"${policy.name}";r=${remaining};t=${resetSeconds}`)
        .join(', '),
    );
    const exceeded = counts.filter((one) => one.isExceeded);
    if (exceeded.length > 0) throw rateLimited(exceeded);
  });
});

function requestCounter(
  app: FastifyInstance,
  policies: RatePolicy[],
  redis: RedisConnection,
  logger: Logger,
): CountRequest {
  const counters = policies.map((policy) => {
    const count = app.createRateLimit({
      max: policy.quota,
      timeWindow: policy.windowSeconds * 1000,
      keyGenerator: (request) => `${policy.name}:${quotaHolderOf(request)}`,
    });
    return { policy, count };
  });
  let pausedUntilMs = 0;

  return async (request) => {
    if (redis.status !== 'ready' || Date.now() < pausedUntilMs) return [];
    const applicable = counters.filter(({ policy }) => policy.name === 'requests' || makesJob(request));
    try {
      const counts = await Promise.all(
        applicable.map(async ({ policy, count }) => ({ policy, ...(await count(request)) })),
      );
      return counts.flatMap((count) =>
        count.isAllowed ? [] : [{ ...count, resetSeconds: Math.max(1, count.ttlInSeconds) }],
      );
    } catch (err) {
      pausedUntilMs = Date.now() + pauseMs;
      logger.warn({ err }, 'the rate limits cannot be counted');
      return [];
    }
  };
}

function rateLimited(exceeded: Count[]): Problem {
  const quotas = exceeded.map(({ policy }) => `${policy.quota} ${policy.name} in ${policy.windowSeconds} s`).join(', ');
  return new Problem('rate_limited', {
    detail: `The quota is ${quotas}.`,
    retryAfterSeconds: Math.max(...exceeded.map(({ resetSeconds }) => resetSeconds)),
  });
}

function makesJob(request: FastifyRequest): boolean {
  const { makesJob = false } = request.routeOptions.config;
  return typeof makesJob === 'function' ? makesJob(request) : makesJob;
}

/** IPv6 addresses count by their network of 64 bits: one customer has them all. */
function quotaHolderOf({ identity, ip }: FastifyRequest): string {
  return identity ? `key:${identity.id}` : `ip:${normalizeIP(ip)}`;
}
