/** `/docs`: the page on which every call can be tried. */
import swaggerUi from '@fastify/swagger-ui';
import fastifyPlugin from 'fastify-plugin';

/** What the page may load and run: its own files. Its styles are written by its script. */
const policy = {
  'default-src': "'self'",
  'base-uri': "'self'",
  'frame-ancestors': "'self'",
  'img-src': "'self' data: blob:",
  'object-src': "'none'",
  'script-src': "'self'",
  'script-src-attr': "'none'",
  'style-src': "'self' 'unsafe-inline'",
};
/** Only where there is https to go to: on plain http the page would be left without its own files. */
const onlyHttps = { 'upgrade-insecure-requests': '' };

/** Register behind the document. */
export const docsPage = fastifyPlugin<{ publicUrl: string }>(async (app, { publicUrl }) => {
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: publicUrl.startsWith('https:') ? { ...policy, ...onlyHttps } : policy,
    uiConfig: { tryItOutEnabled: true, displayRequestDuration: true, layout: 'BaseLayout' },
  });
  // There is no page of its own yet: who opens the address in a browser sees what can be called.
  app.get('/', { schema: { hide: true } }, async (_request, reply) => reply.redirect('/docs'));
});
