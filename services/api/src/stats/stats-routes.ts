/** `/v1/stats`: how the queue is for a tenant's jobs, and what came of them lately; for the operator, of all. */
import { Stats, StatsQuery, windowSecondsOf } from '@tintype/contracts';
import type { EndedJobs, EndedJobsReader, OpenJobs, OpenJobsReader } from '@tintype/jobs';
import type { WithDeadline } from '@tintype/redis';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { json } from '../http/openapi/route-schemas.ts';
import { timeOf } from '../http/times.ts';

export type StatsRoutesOptions = {
  readOpenJobs: OpenJobsReader;
  readEndedJobs: EndedJobsReader;
  withDeadline: WithDeadline;
};

const config = { scope: ['thumbnails', 'admin'] } as const;
const schema = {
  operationId: 'getStats',
  tags: ['service'],
  summary: 'What waits, how long, and what came of the jobs that ended lately',
  description:
    'Of your own jobs; of those of all tenants with a key of the scope `admin`, and where no keys are asked for. A job is counted with its end, by whatever ended it; when it goes later, its count stays. Counts are exact, times to within 13 %.',
  querystring: StatsQuery,
  response: { 200: json('The figures', Stats) },
};

export const statsRoutes: FastifyPluginAsync<StatsRoutesOptions> = async (app, options) => {
  const { readOpenJobs, readEndedJobs, withDeadline } = options;

  app.get('/v1/stats', { schema, config }, async (request: FastifyRequest<{ Querystring: StatsQuery }>, reply) => {
    const tenant = request.hasScope('admin') ? null : request.tenant;
    const seconds = windowSecondsOf(request.query);
    const read = () => Promise.all([readOpenJobs(tenant), readEndedJobs(tenant, seconds)]);
    const [open, ended] = await withDeadline(read);
    return reply.header('cache-control', 'no-store').send(statsOf(tenant, open, ended));
  });
};

function statsOf(tenant: string | null, open: OpenJobs, ended: EndedJobs): Stats {
  const { sinceMs, untilMs, completed, cancelled, expired, totalMs } = ended;
  const byCode = Object.entries(ended.failed).sort(([, one], [, other]) => other - one);
  const failed = byCode.reduce((sum, [, count]) => sum + count, 0);
  const minutes = (untilMs - sinceMs) / 60_000;
  const perMinute = minutes > 0 ? (completed + failed + cancelled + expired) / minutes : 0;
  return {
    tenant,
    waiting: open.waiting,
    processing: open.processing,
    oldest_waiting_ms: open.oldestMs,
    since: timeOf(sinceMs),
    until: timeOf(untilMs),
    completed,
    failed,
    cancelled,
    expired,
    failed_by_code: Object.fromEntries(byCode),
    ended_per_minute: Math.round(1000 * perMinute) / 1000,
    total_ms: totalMs,
  };
}
