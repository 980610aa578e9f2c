/** A misbehaving origin: an HTTP server on loopback that serves what a test gives it, and fails as it is told. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { endWithTests } from './end-with-tests.ts';
import { misbehaviourAt } from './misbehaviours.ts';

export type OriginHeaders = Record<string, string>;

export type ServeOptions = {
  /** image/jpeg unless told. */
  contentType?: string;
  headers?: OriginHeaders;
  /** Pause after the first half of the bytes: for so long a download is under way. */
  pauseMs?: number;
  /**
   * Whether a request is answered with 304, or with which status instead; unless told, with 304 when it has the `etag` or the
   * `last-modified` among the headers as its condition.
   */
  notModified?: (asked: IncomingHttpHeaders) => boolean | number;
};

export type Origin = {
  /** `127.0.0.1:port`: an entry for the fetch guard's allow list. */
  readonly host: string;
  readonly port: number;
  /** The absolute URL of a path. */
  url(path: string): string;
  /** Registers bytes at a path. Registered paths win over built-in ones. */
  serve(path: string, bytes: Uint8Array, options?: ServeOptions): void;
  /** Forgets what was registered at a path. */
  remove(path: string): void;
  /** How often a path was asked for: with its query exactly that target, without one every query together. */
  requests(path: string): number;
  /** How many connections were ever opened. */
  connections(): number;
  /** How many of them are open now. */
  openConnections(): number;
  /** How many registered contents are being sent now. */
  sending(): number;
  /** The headers of the last request to a path (as in `requests`); null when there was none. */
  headersOf(path: string): IncomingHttpHeaders | null;
  /** Kills every open connection and stops listening. */
  close(): Promise<void>;
};

type Content = Required<Pick<ServeOptions, 'headers' | 'pauseMs' | 'notModified'>> & { bytes: Uint8Array };
type Visits = { count: number; headers: IncomingHttpHeaders };

/** Remembers requests under their whole target and under their path alone. */
class VisitorsBook {
  readonly #visits = new Map<string, Visits>();

  /** Enters a request; answers how often its whole target was asked for. */
  enter(target: string, path: string, headers: IncomingHttpHeaders): number {
    for (const key of new Set([target, path])) {
      this.#visits.set(key, { count: (this.#visits.get(key)?.count ?? 0) + 1, headers });
    }
    return this.#visits.get(target)?.count ?? 0;
  }

  at(key: string): Visits | null {
    return this.#visits.get(key) ?? null;
  }
}

const nothingRegistered: Content = {
  bytes: Buffer.from('nothing is registered here\n'),
  headers: {},
  pauseMs: 0,
  notModified: () => false,
};

/** As a server does that knows both validators: the tag counts more (RFC 9110 §13.2.2). */
function honestly({ etag, 'last-modified': modified }: OriginHeaders) {
  return ({ 'if-none-match': tag, 'if-modified-since': date }: IncomingHttpHeaders) =>
    tag === undefined ? date !== undefined && date === modified : tag === etag;
}

function endAfterPause(response: ServerResponse, bytes: Uint8Array, pauseMs: number): void {
  const half = bytes.length >> 1;
  response.write(bytes.subarray(0, half));
  const timer = setTimeout(() => response.end(bytes.subarray(half)), pauseMs);
  response.on('close', () => clearTimeout(timer));
}

function createListener(contents: Map<string, Content>, book: VisitorsBook, sending: Set<ServerResponse>) {
  return (request: IncomingMessage, response: ServerResponse) => {
    const target = request.url ?? '/';
    const { pathname, searchParams } = new URL(target, 'http://origin');
    const count = book.enter(target, pathname, request.headers);
    const answerWith = (path: string) => {
      const { bytes, headers, pauseMs, notModified } = contents.get(path) ?? nothingRegistered;
      const instead = notModified(request.headers);
      if (instead) return void response.writeHead(instead === true ? 304 : instead, headers).end();
      sending.add(response);
      response.on('close', () => sending.delete(response));
      response.writeHead(200, { 'content-length': bytes.length, ...headers });
      if (pauseMs === 0) response.end(bytes);
      else endAfterPause(response, bytes, pauseMs);
    };
    const misbehave = misbehaviourAt(pathname);
    if (contents.has(target)) answerWith(target);
    else if (contents.has(pathname)) answerWith(pathname);
    else if (misbehave) misbehave({ request, response, query: searchParams, count, answerWith });
    else response.writeHead(404).end();
  };
}

/**
 * Starts an origin on 127.0.0.1, on a free port unless it is told one. Built-in paths: `/status/503`
 * (`?times=2&then=/photo.jpg&retry-after=7`), `/redirect?to=…` (`&status=307`), `/loop`, `/never`, `/slow-headers`,
 * `/drip` (`?ms=1000&bytes=3`), `/lies-short` and `/lies-long` (the body against its Content-Length), `/endless`
 * (`?status=500`), `/reset` (`?after=100`), `/garbage`, `/gzip`, `/gzip-bomb`, `/headers` (`?count=500`,
 * `?bytes=1000000`), `/endless-headers`, `/continues`, `/endless-continues`, `/announces` (`?bytes=…`), `/two-lengths`,
 * `/length-and-chunks`, `/bad-chunks`, `/chunk-extensions`, `/small-chunks` (`?count=1000000`), `/upgrades`,
 * `/null-header`, `/not-modified-and-more`, `/old`; anything else that is not registered is a 404.
 */
export async function startOrigin({ port = 0 }: { port?: number } = {}): Promise<Origin> {
  const contents = new Map<string, Content>();
  const book = new VisitorsBook();
  const sockets = new Set<Socket>();
  const sending = new Set<ServerResponse>();
  let connections = 0;

  const server = createServer(createListener(contents, book, sending));
  // Else a busy machine closes a connection just as a client takes it for its next request.
  server.keepAliveTimeout = 600_000;
  server.on('connection', (socket) => {
    connections++;
    sockets.add(socket);
    // A client that breaks off is this server's daily bread.
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the origin listens on no TCP port');
  const host = `127.0.0.1:${address.port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  endWithTests(close);

  return {
    host,
    port: address.port,
    url: (path) => `http://${host}${path}`,
    serve: (path, bytes, { contentType = 'image/jpeg', headers = {}, pauseMs = 0, notModified } = {}) => {
      const all = { 'content-type': contentType, ...headers };
      contents.set(path, { bytes, headers: all, pauseMs, notModified: notModified ?? honestly(headers) });
    },
    remove: (path) => void contents.delete(path),
    requests: (path) => book.at(path)?.count ?? 0,
    connections: () => connections,
    openConnections: () => sockets.size,
    sending: () => sending.size,
    headersOf: (path) => book.at(path)?.headers ?? null,
    close,
  };
}
