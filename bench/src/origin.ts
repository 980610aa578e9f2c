/**
 * A process: the origin of all pictures, over HTTP with keep-alive, from memory. `/<suite>/<serial>/<side>` is the
 * suite's next picture in turn with all three inside, so that no two URLs have the same bytes. Arguments: how many
 * pictures one side will ask for in a suite, then the names of the suites.
 */
import { createServer } from 'node:http';
import { withMark } from '@tintype/testkit';
import { createPainter, type Picture } from './pictures.ts';
import { isSuiteName, suites } from './suites.ts';

/** Longer than any pause between two rounds. */
const keepAliveMs = 120_000;

async function drawSuites(needed: number, names: string[]): Promise<Map<string, Picture[]>> {
  const paint = createPainter();
  const drawn = new Map<string, Picture[]>();
  for (const name of names.filter(isSuiteName)) {
    drawn.set(name, await Promise.all(suites[name].pictures(needed).map(paint)));
  }
  return drawn;
}

function meanBytes(pictures: Picture[]): number {
  return Math.round(pictures.reduce((sum, { bytes }) => sum + bytes.length, 0) / pictures.length);
}

const [needed, ...names] = process.argv.slice(2);
const drawn = await drawSuites(Number(needed), names);
const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
  const path = request.url ?? '/';
  const [, suite = '', serial = ''] = path.split('/');
  const pictures = drawn.get(suite) ?? [];
  const picture = pictures[Number(serial) % pictures.length];
  const etag = `"${path}"`;
  if (picture === undefined) response.writeHead(404).end();
  else if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
  else {
    const bytes = withMark(picture.bytes, path);
    response.writeHead(200, { 'content-type': picture.contentType, 'content-length': bytes.length, etag }).end(bytes);
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the origin listens on no TCP port');
  const sizes = Object.fromEntries([...drawn].map(([name, pictures]) => [name, meanBytes(pictures)]));
  process.send?.({ port: address.port, meanBytes: sizes });
});
process.once('disconnect', () => process.exit());
