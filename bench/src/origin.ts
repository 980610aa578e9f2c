/**
 * A process: the origin of all pictures, over HTTP with keep-alive, from memory. `/<suite>/<serial>/<side>` is the
 * suite's next picture in turn with all three inside, so that no two URLs have the same bytes. Arguments: how many
 * different pictures a suite has at most, then the names of the suites.
 */
import { createServer } from 'node:http';
import { markedPieces } from '@tintype/testkit';
import { createPainter, type Picture } from './pictures.ts';
import { isSuiteName, suites } from './suites.ts';

/** Longer than any pause between two rounds. */
const keepAliveMs = 120_000;

async function drawSuites(atMost: number, names: string[]): Promise<Map<string, Picture[]>> {
  const paint = createPainter();
  const drawn = new Map<string, Picture[]>();
  for (const name of names.filter(isSuiteName)) {
    drawn.set(name, await Promise.all(suites[name].pictures(atMost).map(paint)));
  }
  return drawn;
}

function meanBytes(pictures: Picture[]): number {
  if (pictures.length === 0) return 0;
  return Math.round(pictures.reduce((sum, { bytes }) => sum + bytes.length, 0) / pictures.length);
}

const [atMost, ...names] = process.argv.slice(2);
const drawn = await drawSuites(Number(atMost), names);
const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
  const path = request.url ?? '/';
  const [, suite = '', serial = ''] = path.split('/');
  const pictures = drawn.get(suite) ?? [];
  const picture = pictures[Number(serial) % pictures.length];
  const etag = `"${path}"`;
  if (picture === undefined) response.writeHead(404).end();
  else if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
  else {
    const pieces = markedPieces(picture.bytes, path);
    const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
    response.cork(); // one write for all pieces, none of which is copied
    response.writeHead(200, { 'content-type': picture.contentType, 'content-length': length, etag });
    for (const piece of pieces) response.write(piece);
    response.end();
  }
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the origin listens on no TCP port');
  const sizes = Object.fromEntries([...drawn].map(([name, pictures]) => [name, meanBytes(pictures)]));
  process.send?.({ port: address.port, meanBytes: sizes });
});
process.once('disconnect', () => process.exit());
