/** What Prometheus sees: HTTP of this process, and jobs and queue as Redis knows them. */
import { jobPriorities } from '@tintype/contracts';
import { type JobTotals, type QueuePauses, readJobTotals, type ThumbnailQueue } from '@tintype/jobs';
import type { Shard, WithDeadline } from '@tintype/redis';
import { Counter, createMetrics, Gauge, Histogram, type Registry } from '@tintype/runtime';
import fastifyPlugin from 'fastify-plugin';

export type MetricsOptions = {
  queue: ThumbnailQueue;
  pauses: Pick<QueuePauses, 'paused'>;
  shard: Shard;
  withDeadline: WithDeadline;
};

/** Serves `/metrics`; a scrape while Redis is away has the HTTP figures only. */
export const metrics = fastifyPlugin<MetricsOptions>(async (app, options) => {
  const registry = createMetrics();
  const httpSeconds = new Histogram({
    name: 'tintype_http_request_duration_seconds',
    help: 'Time from the request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.002, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2.5, 10, 30],
    registers: [registry],
  });
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'unknown';
    httpSeconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    done();
  });
  const refresh = jobMetrics(registry, options);
  const write = async () => {
    await refresh().catch(() => undefined);
    return registry.metrics();
  };
  let writing: Promise<string> | null = null;
  /** Who asks while the figures are written is answered with them. */
  const current = () => {
    writing ??= write().finally(() => (writing = null));
    return writing;
  };
  app.get(
    '/metrics',
    { schema: { hide: true }, config: { scope: 'metrics', unlimited: true } },
    async (_request, reply) => reply.type(registry.contentType).send(await current()),
  );
});

/** The figures that all workers share; every API process reports the same, so take one, not the sum. */
function jobMetrics(registry: Registry, { queue, pauses, shard, withDeadline }: MetricsOptions): () => Promise<void> {
  const depth = new Gauge({
    name: 'tintype_queue_jobs',
    help: 'Jobs in the queue now',
    labelNames: ['state'],
    registers: [registry],
  });
  const paused = new Gauge({
    name: 'tintype_queue_paused',
    help: '1 while no job of the lane is begun, because somebody has paused it',
    labelNames: ['lane'],
    registers: [registry],
  });
  const counter = (name: string, help: string, labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  const jobs = counter('tintype_jobs_total', 'Jobs that ended, by outcome', ['outcome', 'code']);
  const hits = counter('tintype_cache_hits_total', 'Jobs that reused earlier work', []);
  const seconds = counter('tintype_step_seconds_total', 'Seconds spent in each step', ['step']);
  const runs = counter('tintype_step_runs_total', 'How often each step ran', ['step']);
  const show = (totals: JobTotals) => {
    for (const metric of [jobs, hits, seconds, runs]) metric.reset();
    for (const { outcome, code, count } of totals.outcomes) jobs.inc({ outcome, code }, count);
    hits.inc(totals.cacheHits);
    for (const step of totals.steps) {
      seconds.inc({ step: step.step }, step.seconds);
      runs.inc({ step: step.step }, step.runs);
    }
  };
  return async () => {
    const [counts, lanes, totals] = await withDeadline(() =>
      Promise.all([queue.depth(), pauses.paused(), readJobTotals(shard)]),
    );
    for (const lane of jobPriorities) paused.set({ lane }, lanes.includes(lane) ? 1 : 0);
    for (const [state, count] of Object.entries(counts)) depth.set({ state }, count);
    show(totals);
  };
}
