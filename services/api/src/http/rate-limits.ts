/** Quotas: so many requests and so many jobs in a time, for each key, or for each address where there is none. */
import { Problem } from '@tintype/contracts';
import { connectProducer, disconnect } from '@tintype/redis';
import type { Logger } from '@tintype/runtime';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { createQuotaCounter, type QuotaCounter, type Taken } from './quota-counter.ts';
import { quotaHolderOf } from './quota-holder.ts';
import type { RatePolicy } from './rate-policies.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** For work that makes many jobs; what the caller may still make is not limited where there is no quota of jobs. */
    jobQuota(reply: FastifyReply): JobQuota;
  }
  interface FastifyContextConfig {
    /** Whether a request makes a job, and so counts for that quota too. */
    makesJob?: boolean | ((request: FastifyRequest) => boolean);
    /** Counted as an image, where there is a quota of those, and not as a request. */
    isImage?: boolean;
    /** How long the list is that a request asks for: each ten items of it count as a request. */
    listLength?: (request: FastifyRequest) => number;
    /** Not counted for whoever may have it: what watches over the service must always get through. */
    unlimited?: boolean;
  }
}

/** What a caller may still queue. */
export type JobQuota = {
  /** By whom it is counted; '' where it is not limited. */
  holder: string;
  /** So many of those wanted as are left. Throws `rate_limited` when none is. */
  take(wanted: number): Promise<TakenJobs>;
};
export type TakenJobs = { taken: number; giveBack(unused: number): Promise<void> };

export type RateLimitsOptions = {
  policies: RatePolicy[];
  redisUrl: string;
  /** A counter that does not answer in this time is not waited for. */
  timeoutMs: number;
  logger: Logger;
};

/** Items of a list that cost as much as a request of its own, and the longest list that any route takes. */
const itemsPerRequest = 10;
const longestList = 100;

const noJobLimit: JobQuota = {
  holder: '',
  take: async (wanted) => ({ taken: wanted, giveBack: async () => undefined }),
};

/** What a policy says of a request that falls under it. */
type Count = Pick<Taken, 'remaining' | 'resetSeconds'> & { policy: RatePolicy; isExceeded: boolean };

/**
 * Counts what is about to be refused too, for it stands before every refusal, and throws `rate_limited`. Every counted
 * answer has `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
 */
export const rateLimits = fastifyPlugin<RateLimitsOptions>(async (app, { policies, redisUrl, timeoutMs, logger }) => {
  if (policies.length === 0) return void app.decorateRequest('jobQuota', () => noJobLimit);
  const redis = connectProducer(redisUrl, { commandTimeoutMs: timeoutMs });
  app.addHook('onClose', () => disconnect(redis));
  const take = createQuotaCounter(redis, logger);
  const countsOf = new WeakMap<FastifyRequest, Count[]>();
  const policyHeader = policies
    .map(({ name, quota, windowSeconds }) => `"${name}";q=${quota};w=${windowSeconds}`)
    .join(', ');
  const jobs = policies.find(({ name }) => name === 'jobs');

  app.addHook('onRequest', async (request, reply) => {
    if (request.routeOptions.config.unlimited && request.isPermitted()) return;
    reply.header('ratelimit-policy', policyHeader);
    const counts = await countRequest(request, policies, take);
    countsOf.set(request, counts);
    tell(reply, counts);
    requireNoneExceeded(counts);
  });
  app.decorateRequest('jobQuota', function jobQuota(this: FastifyRequest, reply: FastifyReply) {
    const counts = countsOf.get(this) ?? [];
    return jobs ? limitedJobs(this, reply, { policy: jobs, counts, take }) : noJobLimit;
  });
});

/** Requests first: one that is too much costs no jobs. */
async function countRequest(request: FastifyRequest, policies: RatePolicy[], take: QuotaCounter): Promise<Count[]> {
  const counts: Count[] = [];
  for (const policy of policies.filter((one) => fallsUnder(request, one, policies))) {
    const cost = Math.min(policy.quota, policy.name === 'requests' ? costOf(request) : 1);
    const { taken, ...left } = await take({ ...takeOf(request, policy), wanted: cost, least: cost });
    counts.push({ ...left, policy, isExceeded: taken === 0 });
    if (taken === 0) break;
  }
  return counts;
}

function fallsUnder(request: FastifyRequest, { name }: RatePolicy, policies: RatePolicy[]): boolean {
  if (name === 'jobs') return makesJob(request);
  const { isImage = false } = request.routeOptions.config;
  const isCountedAsImage = isImage && policies.some((one) => one.name === 'images');
  return (name === 'images') === isCountedAsImage;
}

function limitedJobs(
  request: FastifyRequest,
  reply: FastifyReply,
  { policy, counts, take }: { policy: RatePolicy; counts: Count[]; take: QuotaCounter },
): JobQuota {
  return {
    holder: quotaHolderOf(request),
    async take(wanted) {
      const { taken, giveBack, ...left } = await take({ ...takeOf(request, policy), wanted, least: 1 });
      const count: Count = { ...left, policy, isExceeded: taken === 0 };
      tell(reply, [...counts, count]);
      requireNoneExceeded([count]);
      return {
        taken,
        async giveBack(unused) {
          if (unused > 0) await giveBack(unused);
          tell(reply, [...counts, { ...count, remaining: count.remaining + unused }]);
        },
      };
    },
  };
}

function takeOf(request: FastifyRequest, { name, quota, windowSeconds }: RatePolicy) {
  return { counter: `${name}:${quotaHolderOf(request)}`, quota, windowMs: windowSeconds * 1000 };
}

function tell(reply: FastifyReply, counts: Count[]): void {
  const texts = counts.map(
    ({ policy, remaining, resetSeconds }) => `"${policy.name}";r=${remaining};t=${resetSeconds}`,
  );
  reply.header('ratelimit', texts.join(', '));
}

function requireNoneExceeded(counts: Count[]): void {
  const exceeded = counts.filter(({ isExceeded }) => isExceeded);
  if (exceeded.length === 0) return;
  const quotas = exceeded.map(({ policy }) => `${policy.quota} ${policy.name} in ${policy.windowSeconds} s`).join(', ');
  throw new Problem('rate_limited', {
    detail: `The quota is ${quotas}.`,
    retryAfterSeconds: Math.max(...exceeded.map(({ resetSeconds }) => resetSeconds)),
  });
}

function makesJob(request: FastifyRequest): boolean {
  const { makesJob = false } = request.routeOptions.config;
  return typeof makesJob === 'function' ? makesJob(request) : makesJob;
}

function costOf(request: FastifyRequest): number {
  const { listLength = () => 1 } = request.routeOptions.config;
  return Math.max(1, Math.ceil(Math.min(longestList, listLength(request)) / itemsPerRequest));
}
