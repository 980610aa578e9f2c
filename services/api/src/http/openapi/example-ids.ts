/** Ids on the page of the docs: in the place of an example comes what was made last, so that every call can be tried. */

/** An id that stands in the document as an example, and the collection whose ids look so. */
export type ExampleId = { id: string; collection: string };

type PageRequest = { url: string; headers: Record<string, string> };
type PageAnswer = { url: string; status: number; text?: unknown };

/**
 * Runs in the browser, so it uses nothing from outside itself. `sampleUrl`: a picture of which a thumbnail is made where
 * one is asked for and none was made; null for none.
 */
export function exampleIds(examples: ExampleId[], sampleUrl: string | null) {
  const made = new Map<string, string>();

  const makeSample = async (root: string, { headers }: PageRequest): Promise<void> => {
    const answer = await fetch(`${root}/v1/thumbnails?wait=10`, {
      method: 'POST',
      headers: { ...headers, accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify({ url: sampleUrl }),
    });
    const { id } = JSON.parse(await answer.text());
    if (answer.ok) made.set('/v1/thumbnails', id);
  };

  return {
    /** With the id of something that is there, as far as it is known. */
    async fill(request: PageRequest): Promise<PageRequest> {
      const example = examples.find(({ id }) => request.url.includes(id));
      if (!example) return request;
      const { id, collection } = example;
      if (collection === '/v1/thumbnails' && !made.has(collection) && sampleUrl !== null) {
        await makeSample(request.url.slice(0, request.url.indexOf(collection)), request);
      }
      request.url = request.url.replaceAll(id, made.get(collection) ?? id);
      return request;
    },

    /** Keeps the id of what was made, and forgets that of what is gone. */
    note(answer: PageAnswer): PageAnswer {
      const { pathname } = new URL(answer.url);
      for (const { collection } of examples) {
        if (pathname.endsWith(collection) && answer.status < 300) {
          const { id } = JSON.parse(String(answer.text));
          if (typeof id === 'string') made.set(collection, id);
        }
        const isGone = [204, 404, 410].includes(answer.status);
        if (isGone && pathname.endsWith(`${collection}/${made.get(collection)}`)) made.delete(collection);
      }
      return answer;
    },
  };
}
