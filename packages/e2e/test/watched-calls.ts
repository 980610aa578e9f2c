/** Calls that remember every answer of 500 or more, so that a test can say at its end that there was none. */

export type WatchedCalls = {
  /**
   * As `fetch`, each over a connection of its own, so that none is left open when a process ends; `body` goes as JSON.
   */
  call(method: string, url: string, options?: CallOptions): Promise<Answer>;
  /** One line for each answer of 500 or more. */
  serverErrors: string[];
};

export type CallOptions = { body?: unknown; headers?: Record<string, string> };

/** An answer, read whole. */
export type Answer = { status: number; headers: Headers; bytes: Buffer; json: Record<string, unknown> };

export function watchCalls(): WatchedCalls {
  const serverErrors: string[] = [];
  return {
    serverErrors,
    async call(method, url, { body, headers = {} } = {}) {
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
      if (response.status >= 500) serverErrors.push(`${method} ${url} → ${response.status} ${bytes}`);
      const isJson = /json/.test(response.headers.get('content-type') ?? '');
      return { status: response.status, headers: response.headers, bytes, json: isJson ? JSON.parse(`${bytes}`) : {} };
    },
  };
}

/** A form with a picture, and options as its fields. */
export function formOf(picture: Buffer, fields: Record<string, string> = {}): FormData {
  const form = new FormData();
  form.set('file', new Blob([new Uint8Array(picture)]), 'picture');
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  return form;
}

/** Waits until it is so, and says what it waited for when the time is over: one that fits a machine with other work. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 100_000) {
  for (const deadline = Date.now() + timeoutMs; !(await condition()); ) {
    if (Date.now() > deadline) throw new Error(`not in ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
