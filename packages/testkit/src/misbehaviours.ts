/** The built-in paths of the origin: each does one thing that a source on the internet does sooner or later. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

export type Exchange = {
  request: IncomingMessage;
  response: ServerResponse;
  /** Query parameters of the request. */
  query: URLSearchParams;
  /** How often this very target (path and query) was asked for, this time included. */
  count: number;
  /** Answers what is registered at a path, or a short text when there is nothing. */
  answerWith(path: string): void;
};

type Misbehaviour = (exchange: Exchange) => void;

const numberIn = (query: URLSearchParams, name: string, otherwise: number) => Number(query.get(name) ?? otherwise);

/** Calls `write` every `ms` milliseconds until the client goes away. */
function repeat(response: ServerResponse, ms: number, write: () => void): void {
  const timer = setInterval(write, ms);
  response.on('close', () => clearInterval(timer));
}

/** Writes raw bytes to the socket, past what node:http would put right, and hangs up. */
function hangUpAfter({ request, response }: Exchange, text: string): void {
  response.detachSocket(request.socket);
  request.socket.end(text);
}

/** `/status/503`; `?times=2` answers it twice, then `?then=/photo.jpg`; `?retry-after=7` goes into the header. */
function answerStatus(exchange: Exchange, status: number): void {
  const { response, query, count } = exchange;
  if (count > numberIn(query, 'times', Number.POSITIVE_INFINITY)) {
    exchange.answerWith(query.get('then') ?? '/');
    return;
  }
  const retryAfter = query.get('retry-after');
  if (retryAfter !== null) response.setHeader('retry-after', retryAfter);
  response.writeHead(status, { 'content-type': 'text/plain' }).end(`status ${status}\n`);
}

/** `/redirect?to=…`, `?status=307`; without `to` there is no Location. Every redirect offers a cookie. */
function redirect({ response, query }: Exchange): void {
  response.setHeader('set-cookie', 'tempting=1; Path=/');
  const to = query.get('to');
  // As UTF-8 on the wire, like many servers do; node:http writes header text as Latin-1.
  if (to !== null) response.setHeader('location', Buffer.from(to).toString('latin1'));
  response.writeHead(numberIn(query, 'status', 302)).end();
}

/** `/slow-headers?ms=100`: a status line, then one byte of a header at a time, for ever. */
function dripHeaders({ request, response, query }: Exchange): void {
  request.socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
  repeat(response, numberIn(query, 'ms', 100), () => request.socket.write('a'));
}

/** `/drip?ms=1000`: one byte of a picture at a time, for ever; `?bytes=3` falls silent after as many. */
function drip({ response, query }: Exchange): void {
  let left = numberIn(query, 'bytes', Number.POSITIVE_INFINITY);
  response.writeHead(200, { 'content-type': 'image/png', 'content-length': 1_000_000 });
  response.flushHeaders();
  repeat(response, numberIn(query, 'ms', 1_000), () => {
    if (left-- > 0) response.write('a');
  });
}

/** `/endless`, `?status=500`: chunks for as long as someone reads them. */
function sendEndlessly({ response, query }: Exchange): void {
  const chunk = Buffer.alloc(65_536);
  const fill = () => {
    while (!response.destroyed && response.write(chunk));
  };
  response.writeHead(numberIn(query, 'status', 200), { 'content-type': 'image/png' });
  response.on('drain', fill);
  fill();
}

/** `/reset` at once, or `/reset?after=100` of 1 000 announced bytes: the connection is reset (RST), not closed. */
function reset({ request, response, query }: Exchange): void {
  const after = numberIn(query, 'after', 0);
  if (after === 0) {
    request.socket.resetAndDestroy();
    return;
  }
  response.writeHead(200, { 'content-type': 'image/png', 'content-length': 1_000 });
  response.write(Buffer.alloc(after), () => setTimeout(() => request.socket.resetAndDestroy(), 20));
}

/** `/gzip`: compressed, whatever the client accepts. */
function sendGzip({ response }: Exchange): void {
  const bytes = gzipSync('not what was asked for');
  response.writeHead(200, { 'content-type': 'image/png', 'content-encoding': 'gzip' }).end(bytes);
}

/** `/gzip-bomb`: 200 kB that unpack to 200 MB. */
function sendGzipBomb({ response }: Exchange): void {
  const block = gzipSync(Buffer.alloc(20_000_000), { level: 9 });
  const bytes = Buffer.concat(Array.from({ length: 10 }, () => block)); // members one after another (RFC 1952)
  response.writeHead(200, { 'content-type': 'image/png', 'content-encoding': 'gzip' }).end(bytes);
}

/** `/headers?count=500&then=/photo.jpg`, or one of `?bytes=1000000`. */
function sendManyHeaders({ response, query, answerWith }: Exchange): void {
  for (let i = 0; i < numberIn(query, 'count', 0); i++) response.setHeader(`x-${i}`, 'nothing');
  const bytes = numberIn(query, 'bytes', 0);
  if (bytes > 0) response.setHeader('x-large', 'a'.repeat(bytes));
  answerWith(query.get('then') ?? '/');
}

/** `/endless-headers`: one header after another, as fast as they are read. */
function sendHeadersEndlessly({ request, response }: Exchange): void {
  const { socket } = request;
  const line = `x-more: ${'a'.repeat(1_000)}\r\n`;
  socket.write('HTTP/1.1 200 OK\r\n');
  repeat(response, 5, () => socket.write(line));
}

/** `/continues?count=100&then=/photo.jpg`: provisional answers before the real one. */
function sendContinues({ request, query, answerWith }: Exchange): void {
  const count = numberIn(query, 'count', 1);
  request.socket.write('HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'.repeat(count), () =>
    answerWith(query.get('then') ?? '/'),
  );
}

/** `/endless-continues`: provisional answers as fast as they are read. */
function sendContinuesEndlessly({ request }: Exchange): void {
  const { socket } = request;
  const many = 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(4_000);
  const fill = () => {
    while (!socket.destroyed && socket.write(many));
  };
  socket.on('drain', fill);
  fill();
}

/** `/chunk-extensions`: one byte of body for every kilobyte of words about it. */
function sendChunkExtensions({ request, response }: Exchange): void {
  const { socket } = request;
  const chunk = `1;${'a'.repeat(1_000)}\r\na\r\n`;
  socket.write('HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n');
  repeat(response, 5, () => socket.write(chunk.repeat(10)));
}

/** `/small-chunks?count=1000000`: what begins like a GIF, each byte a chunk of its own, as fast as they are read. */
function sendSmallChunks({ request, query }: Exchange): void {
  const chunks = Buffer.alloc(6 * numberIn(query, 'count', 1_000_000), '1\r\na\r\n');
  request.socket.write(
    'HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n6\r\nGIF89a\r\n',
  );
  request.socket.write(chunks);
  request.socket.end('0\r\n\r\n');
}

/** `/not-modified-and-more?then=/photo.jpg`: the picture, and from then on a 304 with a 200 behind it. */
function sendNotModifiedAndMore({ request, query, count, answerWith }: Exchange): void {
  if (count === 1) answerWith(query.get('then') ?? '/');
  else request.socket.write('HTTP/1.1 304 Not Modified\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc');
}

const lie = (announced: number, sent: number) =>
  `HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: ${announced}\r\n\r\n${'a'.repeat(sent)}`;

const misbehaviours: Record<string, Misbehaviour> = {
  '/redirect': redirect,
  '/loop': ({ response }) => response.writeHead(302, { location: '/loop' }).end(),
  '/never': () => undefined,
  '/slow-headers': dripHeaders,
  '/drip': drip,
  '/lies-short': (exchange) => hangUpAfter(exchange, lie(1_000, 100)),
  '/lies-long': (exchange) => hangUpAfter(exchange, lie(100, 1_000)),
  '/announces': (exchange) =>
    hangUpAfter(
      exchange,
      `HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ncontent-length: ${exchange.query.get('bytes')}\r\n\r\n${'a'.repeat(1_000)}`,
    ),
  '/two-lengths': (exchange) =>
    hangUpAfter(exchange, 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'),
  '/length-and-chunks': (exchange) =>
    hangUpAfter(
      exchange,
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    ),
  '/bad-chunks': (exchange) =>
    hangUpAfter(exchange, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nmany\r\nabc\r\n0\r\n\r\n'),
  '/upgrades': (exchange) =>
    hangUpAfter(exchange, 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nabc'),
  '/null-header': (exchange) => hangUpAfter(exchange, 'HTTP/1.1 200 OK\r\nx-null: a\0b\r\ncontent-length: 1\r\n\r\na'),
  '/old': (exchange) => hangUpAfter(exchange, '<html>no head at all</html>'),
  '/not-modified-and-more': sendNotModifiedAndMore,
  '/headers': sendManyHeaders,
  '/endless-headers': sendHeadersEndlessly,
  '/continues': sendContinues,
  '/endless-continues': sendContinuesEndlessly,
  '/chunk-extensions': sendChunkExtensions,
  '/small-chunks': sendSmallChunks,
  '/gzip-bomb': sendGzipBomb,
  '/garbage': (exchange) => hangUpAfter(exchange, 'SSH-2.0-OpenSSH_9.2\r\n'),
  '/endless': sendEndlessly,
  '/reset': reset,
  '/gzip': sendGzip,
};

/** The misbehaviour at a path; null when there is none. */
export function misbehaviourAt(path: string): Misbehaviour | null {
  const [, status] = /^\/status\/([2-5]\d\d)$/.exec(path) ?? [];
  if (status !== undefined) return (exchange) => answerStatus(exchange, Number(status));
  return (Object.hasOwn(misbehaviours, path) ? misbehaviours[path] : undefined) ?? null;
}
