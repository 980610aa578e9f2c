/** Jobs of a tenant in every state, each with files of its own where it has any, for a test to spoil their records. */
import { createHash } from 'node:crypto';
import {
  documentedKeys as keys,
  type Origin,
  photograph,
  type ServiceUnderTest,
  startOrigin,
  withMark,
} from '@tintype/testkit';
import { type ApiService, type OwnServices, openOwnServices } from './own-services.ts';
import type { JobState } from './poison.ts';
import { type Answer, formOf, until, watchCalls } from './watched-calls.ts';

export type Victim = {
  id: string;
  state: JobState;
  /** Sha256 of its upload; null when it came by URL. */
  upload: string | null;
};

export const adminKey = 'the-key-of-whoever-runs-all-this';
const secrets = { alice: 'the-key-of-alice-and-nobody-else', bob: 'the-key-of-bob-and-of-nobody-else' };
export type TenantName = keyof typeof secrets;
const scopes = 'thumbnails+colours';

export type Scene = {
  services: OwnServices;
  origin: Origin;
  api: ApiService;
  serverErrors: string[];
  startWorker(): Promise<ServiceUnderTest>;
  /** A call by a tenant, to a path of the API. */
  as(tenant: TenantName, method: string, path: string, options?: { body?: unknown; headers?: object }): Promise<Answer>;
  /** A picture with bytes that no other one has. */
  picture(): Buffer;
  /** A job of alice's. It is on its way to its state only: `untilThere` waits for that. */
  victim(state: JobState): Promise<Victim>;
  untilThere(victim: Victim): Promise<void>;
  stop(): Promise<void>;
};

/** An API with two tenants, and no worker. */
export async function openScene(): Promise<Scene> {
  const [services, origin, base] = await Promise.all([openOwnServices(), startOrigin(), photograph(120, 90, 81)]);
  const { call, serverErrors } = watchCalls();
  const tenants = Object.entries(secrets).map(([name, secret]) => `${name}:${secret}:${scopes}`);
  const apiKeys = [`root:${adminKey}:admin`, ...tenants].join(',');
  // Else uploads go some seconds after their jobs have ended, which may be while records are still being spoilt.
  const env = { AUTH: 'required', RATE_LIMIT: 'off', API_KEYS: apiKeys, KEEP_UPLOADS: 'true' };
  const api = await services.startApi({ env });
  let serial = 0;
  const picture = () => withMark(base, `victim ${serial++}`);

  const as: Scene['as'] = (tenant, method, path, { headers = {}, ...options } = {}) =>
    call(method, `${api.url}${path}`, {
      ...options,
      headers: { authorization: `Bearer ${secrets[tenant]}`, ...headers },
    });

  const accepted = ({ status, json, bytes }: Answer, state: JobState, upload: string | null): Victim => {
    if (status !== 200 && status !== 202) throw new Error(`not accepted: ${status} ${bytes}`);
    return { id: String(json.id), state, upload };
  };
  return {
    services,
    origin,
    api,
    serverErrors,
    as,
    picture,
    startWorker: () => services.startWorker({ env: { FETCH_ALLOW: origin.host } }),
    async victim(state) {
      if (state === 'delayed') {
        const url = origin.url(`/status/503?retry-after=60&n=${serial++}`);
        return accepted(await as('alice', 'POST', '/v1/thumbnails', { body: { url } }), state, null);
      }
      const bytes = picture();
      const sent = state === 'failed' ? bytes.subarray(0, bytes.length / 2) : bytes;
      const answer = await as('alice', 'POST', '/v1/thumbnails', { body: formOf(sent) });
      return accepted(answer, state, createHash('sha256').update(sent).digest('hex'));
    },
    untilThere({ id, state }) {
      const isThere = async () =>
        state === 'delayed'
          ? (await services.redis.zscore(keys.delayed, id)) !== null
          : (await as('alice', 'GET', `/v1/thumbnails/${id}`)).json.status === state;
      return until(`${id} is ${state}`, isThere);
    },
    async stop() {
      await services.stop();
      await origin.close();
    },
  };
}
