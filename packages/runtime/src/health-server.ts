/** The little HTTP server by which a process without one answers `/livez`, `/readyz` and `/metrics`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from './metrics.ts';

export type HealthServerOptions = {
  host: string;
  /** 0 picks a free port. */
  port: number;
  metrics: Registry;
  /** Resolves to null when ready, else to the reason why not. */
  readiness: () => Promise<string | null>;
};

export type HealthServer = { port: number; close: () => Promise<void> };

/** Starts listening; rejects with the system's error when the port is taken. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    switch (request.url?.split('?')[0]) {
      case '/livez':
        return answer(200, 'ok\n');
      case '/readyz': {
        const reason = await options.readiness().catch(() => 'the check failed');
        return reason === null ? answer(200, 'ok\n') : answer(503, `${reason}\n`);
      }
      case '/metrics':
        return options.metrics.metrics().then(
          (text) => answer(200, text, options.metrics.contentType),
          () => answer(500, 'the metrics cannot be read\n'),
        );
      default:
        return answer(404, 'not found\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return { port: portOf(server.address()), close: () => new Promise((resolve) => server.close(() => resolve())) };
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === 'object' && address !== null ? address.port : 0;
}
