/** Hands on what connections send in small pieces and in turns: one read may bring thousands of requests or chunks. */
import type { Socket } from 'node:net';
import type { LongWork, Turns } from '@tintype/runtime';
import type { FastifyInstance } from 'fastify';

/** Some twenty requests, each of which may cost a millisecond before anything can be put off. */
const leastPieceBytes = 512;
/** Of what costs little a piece: most of a read of 64 kB would be 11 000 chunks of one byte. */
const mostPieceBytes = 16 * 1024;
/** After a piece that took less comes one of twice its size. */
const shortMs = 0.25;

/**
 * Node parses all that was read in one go, up to 2 MB of a connection in one turn of the loop, and begins every request
 * in it at once. Here connections take turns by the address that they come from, and one with `requestsAtOnce` under way
 * is not read further.
 */
export function paceConnections(server: FastifyInstance['server'], turns: Turns, requestsAtOnce: number): void {
  const paced = new WeakMap<Socket, PacedConnection>();
  server.on('connection', (socket: Socket) => paced.set(socket, new PacedConnection(socket, turns, requestsAtOnce)));
  server.on('request', (request, response) => {
    const connection = paced.get(request.socket);
    if (!connection) return;
    connection.begin();
    response.once('close', () => connection.end());
  });
}

class PacedConnection {
  readonly #socket: Socket;
  readonly #work: LongWork;
  readonly #push: Socket['push'];
  readonly #requestsAtOnce: number;
  #held: Buffer | null = null;
  #pieceBytes = leastPieceBytes;
  #underWay = 0;
  #isHandingOn = false;

  constructor(socket: Socket, turns: Turns, requestsAtOnce: number) {
    this.#socket = socket;
    this.#requestsAtOnce = requestsAtOnce;
    // That of a connection which has gone ends by itself.
    this.#work = turns.begin({ tenant: socket.remoteAddress ?? '', hasGone: () => false });
    this.#push = socket.push.bind(socket);
    const read = socket._read.bind(socket);
    socket.push = (bytes: Buffer | null) => this.#take(bytes);
    socket._read = (size) => {
      if (this.#held === null) read(size);
    };
    socket.on('resume', () => void this.#handOn());
    // Else Node's parser reads from the system by itself, past the stream.
    socket.on('data', () => undefined);
  }

  begin(): void {
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
    void this.#handOn();
  }

  /** What the system has read; false stops it from reading more. Its end comes only when nothing is held. */
  #take(bytes: Buffer | null): boolean {
    const isShort = bytes === null || bytes.length <= this.#pieceBytes;
    if (isShort && this.#held === null && this.#isReady() && !this.#work.isDue()) return this.#push(bytes);
    if (bytes === null) return this.#push(null);
    this.#held = this.#held === null ? bytes : Buffer.concat([this.#held, bytes]);
    void this.#handOn();
    return false;
  }

  /** Whoever reads the connection may have paused it, which Node does while answers are not taken. */
  #isReady(): boolean {
    return this.#underWay < this.#requestsAtOnce && !this.#socket.isPaused() && !this.#socket.destroyed;
  }

  async #handOn(): Promise<void> {
    if (this.#isHandingOn) return;
    this.#isHandingOn = true;
    while (this.#held !== null && this.#isReady()) {
      if (this.#work.isDue()) await this.#work.rest();
      if (this.#isReady()) await this.#handOnPiece(this.#held);
    }
    this.#isHandingOn = false;
  }

  async #handOnPiece(held: Buffer): Promise<void> {
    const piece = held.subarray(0, this.#pieceBytes);
    this.#held = piece.length === held.length ? null : held.subarray(this.#pieceBytes);
    const startedMs = performance.now();
    this.#push(piece);
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const isShort = performance.now() - startedMs < shortMs;
    this.#pieceBytes = isShort ? Math.min(2 * this.#pieceBytes, mostPieceBytes) : leastPieceBytes;
  }
}
