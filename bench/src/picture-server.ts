/** Serves pictures over HTTP with keep-alive, from memory, each URL with bytes of its own. */
import { createServer } from 'node:http';
import { markedPieces } from '@tintype/testkit';
import type { Picture } from './pictures.ts';

/** Longer than any pause between two rounds. */
const keepAliveMs = 120_000;

/**
 * `/<name>/<serial>/<whatever>` is the name's next picture in turn with the whole path inside, so that no two URLs have
 * the same bytes. Tells the parent process the port and the mean size of each name's files, how many bytes of pictures were sent
 * when it is asked anything, and ends with it.
 */
export function servePictures(drawn: ReadonlyMap<string, readonly Picture[]>): void {
  let sentBytes = 0;
  const server = createServer({ keepAliveTimeout: keepAliveMs }, (request, response) => {
    const path = request.url ?? '/';
    const [, name = '', serial = ''] = path.split('/');
    const pictures = drawn.get(name) ?? [];
    const picture = pictures[Number(serial) % pictures.length];
    const etag = `"${path}"`;
    if (picture === undefined) response.writeHead(404).end();
    else if (request.headers['if-none-match'] === etag) response.writeHead(304, { etag }).end();
    else {
      const pieces = markedPieces(picture.bytes, path);
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      sentBytes += length;
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
  process.on('message', () => process.send?.({ sentBytes }));
  process.once('disconnect', () => process.exit());
}

function meanBytes(pictures: readonly Picture[]): number {
  if (pictures.length === 0) return 0;
  return Math.round(pictures.reduce((sum, { bytes }) => sum + bytes.length, 0) / pictures.length);
}
