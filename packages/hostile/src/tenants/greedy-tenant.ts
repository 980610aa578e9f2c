/** A greedy tenant: hands in what holds a worker's budgets for long, and takes it back afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { GreedyName, Rig } from '../rig.ts';

export type GreedyTenant = {
  /** Hands in a URL; does not wait for it. */
  submit(url: string, wait?: number): void;
  /** Hands in a file; resolves when it was accepted. */
  upload(bytes: Buffer, fields?: Readonly<Record<string, string>>): Promise<void>;
  /** The jobs that were accepted. */
  ids(): readonly string[];
  /** Ends everything, and resolves when no job of it is left. */
  stop(): Promise<void>;
};

export function createGreedyTenant(rig: Rig, name: GreedyName = 'greedy'): GreedyTenant {
  const authorization = `Bearer ${rig.tenants[name]}`;
  const stopping = new AbortController();
  const ids: string[] = [];
  const post = async (query: string, init: RequestInit): Promise<void> => {
    const { signal } = stopping;
    const response = await fetch(`${rig.url}/v1/thumbnails${query}`, { method: 'POST', signal, ...init });
    const answer: unknown = await response.json();
    if (typeof answer === 'object' && answer !== null && 'id' in answer) ids.push(String(answer.id));
  };
  const remove = async (id: string): Promise<void> => {
    for (;;) {
      const response = await fetch(`${rig.url}/v1/thumbnails/${id}`, { method: 'DELETE', headers: { authorization } });
      await response.arrayBuffer();
      if (response.status !== 409) return;
      await sleep(200);
    }
  };
  return {
    submit(url, wait) {
      const headers = { authorization, 'content-type': 'application/json' };
      const query = wait === undefined ? '' : `?wait=${wait}`;
      post(query, { headers, body: JSON.stringify({ url }) }).catch(() => undefined); // it was stopped
    },
    upload(bytes, fields = {}) {
      const body = new FormData();
      for (const [name, value] of Object.entries(fields)) body.set(name, value);
      body.set('file', new Blob([new Uint8Array(bytes)]), 'large');
      return post('', { headers: { authorization }, body });
    },
    ids: () => ids,
    async stop() {
      stopping.abort();
      await Promise.all(ids.map(remove));
    },
  };
}
