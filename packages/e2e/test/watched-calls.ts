/** Calls that remember every answer of 500 or more, so that a test can say at its end that there was none. */
import { countCoreWaits } from '@tintype/testkit';

export type WatchedCalls = {
  /**
   * As `fetch`, each over a connection of its own, so that none is left open when a process ends; `body` goes as JSON.
   * With `wait=20` the answer is that after the end of the job, however long it takes.
   */
  call(method: string, url: string, options?: CallOptions): Promise<Answer>;
  /** One line for each answer of 500 or more. */
  serverErrors: string[];
};

export type CallOptions = { body?: unknown; headers?: Record<string, string> };

/** An answer, read whole. */
export type Answer = { status: number; headers: Headers; bytes: Buffer; json: Record<string, unknown> };

/** `followsWaits`: false where an API ends while it is waited for, and the test itself goes on with another one. */
export function watchCalls({ followsWaits = true } = {}): WatchedCalls {
  const serverErrors: string[] = [];
  return {
    serverErrors,
    async call(method, url, options = {}) {
      let answer = await callOnce(method, url, options);
      const { authorization } = options.headers ?? {};
      const again = { headers: authorization === undefined ? {} : { authorization } };
      // On a busy machine a job may take longer than a request may wait.
      while (followsWaits && url.includes('wait=20') && ['queued', 'processing'].includes(String(answer.json.status))) {
        const own = new URL(`/v1/thumbnails/${answer.json.id}?wait=20`, url);
        answer = await callOnce('GET', own.href, again);
      }
      if (answer.status >= 500) serverErrors.push(`${method} ${url} → ${answer.status} ${answer.bytes}`);
      return answer;
    },
  };
}

async function callOnce(method: string, url: string, { body, headers = {} }: CallOptions): Promise<Answer> {
  const isForm = body instanceof FormData;
  const response = await fetch(url, {
    method,
    headers: {
      connection: 'close',
      ...(body !== undefined && !isForm && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  const isJson = /json/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, bytes, json: isJson ? JSON.parse(`${bytes}`) : {} };
}

/** A form with a picture, and options as its fields. */
export function formOf(picture: Buffer, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(picture)]), 'picture');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

/**
 * Waits until it is so, and says what it waited for when the time is over: one that fits a machine with other work, and
 * is longer by what that costs. What takes long is asked for less often: each look costs the services as much as a call.
 */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 100_000) {
  const coreWaitsMs = countCoreWaits();
  for (const startedMs = Date.now(); !(await condition()); ) {
    if (Date.now() - startedMs > timeoutMs && Date.now() - startedMs > timeoutMs + coreWaitsMs())
      throw new Error(`not in ${timeoutMs} ms: ${what}`);
    const pauseMs = Math.min(250, 25 + (Date.now() - startedMs) / 20);
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
