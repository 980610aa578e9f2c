/** `/docs`: the page on which every call can be tried. */
import swaggerUi from '@fastify/swagger-ui';
import fastifyPlugin from 'fastify-plugin';
import { type ExampleId, exampleIds } from './example-ids.ts';

export type DocsPageOptions = {
  publicUrl: string;
  /** Ids that stand in the document as examples. */
  examples: ExampleId[];
  /** A picture of our own that can be fetched; null where none is served. */
  sampleUrl: string | null;
};

/** What the page may load and run: its own files, and the pictures that it is answered with. */
const policy = {
  'default-src': "'self'",
  'base-uri': "'self'",
  'frame-ancestors': "'self'",
  'img-src': "'self' data: blob:",
  'object-src': "'none'",
  'script-src': "'self'",
  'script-src-attr': "'none'",
  'style-src': "'self'",
};
/** Only where there is https to go to: on plain http the page would be left without its own files. */
const onlyHttps = { 'upgrade-insecure-requests': '' };

/** No answer of the document has links, and on a telephone their column would push the answer out of sight. */
const noLinks = '.swagger-ui .response-col_links { display: none; }\n';

const howToTry =
  'An `id` in a field is an example. In its place the page sends that of the thumbnail or key which you made last';

/** Register behind the document. */
export const docsPage = fastifyPlugin<DocsPageOptions>(async (app, { publicUrl, examples, sampleUrl }) => {
  const hint = `${howToTry}${sampleUrl === null ? '' : '; before there is one, it makes a thumbnail of the sample'}.`;
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: publicUrl.startsWith('https:') ? { ...policy, ...onlyHttps } : policy,
    theme: {
      title: 'Tintype',
      js: [{ filename: 'example-ids.js', content: scriptOf(examples, sampleUrl) }],
      css: [{ filename: 'narrow.css', content: noLinks }],
    },
    transformSpecificationClone: false,
    transformSpecification: (document) => ({ ...document, info: withHint(document.info, hint) }),
    uiConfig: {
      tryItOutEnabled: true,
      displayRequestDuration: true,
      layout: 'BaseLayout',
      requestInterceptor: (request: unknown) => Reflect.get(globalThis, 'exampleIds').fill(request),
      responseInterceptor: (answer: unknown) => Reflect.get(globalThis, 'exampleIds').note(answer),
    },
  });
  // There is no page of its own yet: who opens the address in a browser sees what can be called.
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));
});

/** A function is its own text: the page runs it with what it would find around it here. */
function scriptOf(...given: Parameters<typeof exampleIds>): string {
  return `globalThis.exampleIds = (${exampleIds})(...${JSON.stringify(given)});\n`;
}

function withHint(info: unknown, hint: string): object {
  const { description = '', ...rest }: { description?: string } = typeof info === 'object' && info !== null ? info : {};
  return { ...rest, description: `${description}\n\n${hint}` };
}
