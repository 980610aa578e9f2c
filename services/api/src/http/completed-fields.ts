/** What a request leaves out and its route fills in, before any of it is checked: JSON, forms and URLs alike. */
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Fills in what was left out; throws the problem that says why it cannot. */
    completes?: (fields: unknown) => unknown;
  }
}

/** For the routes of this plugin, whose bodies are JSON; forms are completed by `completedFields` once they are read. */
export function completeBodies(app: FastifyInstance): void {
  app.addHook('preValidation', async (request) => {
    if (request.body !== undefined) request.body = completedFields(request, request.body);
  });
}

export function completedFields(request: FastifyRequest, fields: unknown): unknown {
  const { completes } = request.routeOptions.config;
  return completes ? completes(fields) : fields;
}
