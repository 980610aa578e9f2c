/** `/docs/errors`: the page that the `type` of every problem points to. */
import { problemCatalogue } from '@tintype/contracts';
import type { FastifyPluginAsync } from 'fastify';

const style = `body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c}
h2{font:600 1rem ui-monospace,monospace;margin:1.6rem 0 .2rem}h2:target{background:#fff3c4}p{margin:.2rem 0}small{color:#666}
code{font-family:ui-monospace,monospace}`;

/** Our own texts only: nothing on the page comes from a request. */
function page(): string {
  const paragraphs = Object.entries(problemCatalogue).map(([code, { status, title, retryable, meaning }]) => {
    const text = meaning.replaceAll('<', '&lt;').replace(/`([^`]+)`/g, '<code>$1</code>');
    const again = retryable ? 'may succeed later' : 'will not succeed unchanged';
    return `<h2 id="${code}">${code}</h2><p>${title}. ${text}</p><p><small>${status} · ${again}</small></p>`;
  });
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Tintype: problem codes</title><style>${style}</style><h1>Problem codes</h1><p>Every error is an RFC 9457 problem document whose <code>code</code> is one of these words.</p>${paragraphs.join('')}</html>`;
}

export const errorReferenceRoutes: FastifyPluginAsync = async (app) => {
  const html = page();
  app.get('/docs/errors', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .type('text/html; charset=utf-8')
      .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
      .send(html),
  );
};
