/** Hands on what connections send in small pieces and in turns: one read may bring thousands of requests or chunks. */
import type { Socket } from 'node:net';
import type { LongWork, Turns } from '@tintype/runtime';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createConnectionLimits } from './connection-limits.ts';
import { createFairRoom, type FairRoom } from './fair-room.ts';

const mostPieceBytes = 16 * 1024;
/**
 * A request has three lines at least, and a chunk two: so many are eight requests, each of which may cost a millisecond
 * before anything can be put off. A picture has a line's end once in 256 bytes.
 */
const mostPieceLines = 24;
/** As much as a short request with a small picture: who sends it does not wait for those that send without end. */
const fewLines = 128;
const lineFeed = 0x0a;
/** Whoever has just connected, or been answered, is about to ask something. */
const quietMs = 1000;
/** A request that brings less goes for who comes when all connections are taken: slower networks carry no pictures. */
const leastBytesPerSecond = 1024;

export type ConnectionPaceOptions = {
  /** Most connections that are open at once. */
  connections: number;
  /** Most requests under way on one of them. */
  requestsAtOnce: number;
  /** Most bytes of requests that wait behind others of their connection. */
  waitingBytes: number;
  /** A request that has hardly gone on for so long is not missed where connections are full. */
  stallMs: number;
  /** Whether others stand behind this address. */
  isProxy(address: string): boolean;
  /** Answers a connection that is not let in, and closes it. */
  refuse(problem: unknown, socket: Socket): void;
};

/**
 * Node parses all that was read in one go, up to 2 MB of a connection in one turn of the loop, and begins every request
 * in it at once. Here connections take turns by the address that they come from, and one with `requestsAtOnce` under way
 * is not read further.
 */
export function paceConnections(server: FastifyInstance['server'], turns: Turns, options: ConnectionPaceOptions): void {
  const paced = new WeakMap<Socket, PacedConnection>();
  const limits = createConnectionLimits(options.connections, options.isProxy);
  const waiting = createFairRoom(options.waitingBytes);
  server.on('connection', (socket: Socket) => {
    turns.giveWay();
    try {
      const network = limits.admit(socket, () => paced.get(socket)?.isDispensable() ?? false);
      const { requestsAtOnce, stallMs } = options;
      paced.set(socket, new PacedConnection(socket, turns, { requestsAtOnce, waiting, network, stallMs }));
    } catch (problem) {
      options.refuse(problem, socket);
    }
  });
  server.on('request', (request, response) => {
    const connection = paced.get(request.socket);
    if (!connection) return;
    connection.begin(request);
    response.once('close', () => connection.end());
  });
}

type Limits = { requestsAtOnce: number; waiting: FairRoom; network: string | null; stallMs: number };

class PacedConnection {
  readonly #socket: Socket;
  readonly #work: LongWork;
  readonly #push: Socket['push'];
  readonly #limits: Limits;
  #held: Buffer | null = null;
  #underWay = 0;
  #isHandingOn = false;
  #quietSinceMs = performance.now();
  /** The last request that has begun: only its body may still be on its way. */
  #latest: FastifyRequest['raw'] | null = null;
  /** What had been read when that was last looked at. */
  #read = { bytes: 0, atMs: 0 };
  #room: { bytes: number; giveBack: () => void } | null = null;

  constructor(socket: Socket, turns: Turns, limits: Limits) {
    this.#socket = socket;
    this.#limits = limits;
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
    socket.once('close', () => this.#leaveRoom());
  }

  /** Whether nobody would miss it. */
  isDispensable(): boolean {
    if (this.#held !== null) return false;
    const nowMs = performance.now();
    return this.#underWay === 0 ? nowMs - this.#quietSinceMs > quietMs : this.#isStalled(nowMs);
  }

  /** Whether all that is under way is a body that its client hardly sends. One that we do not read further is none. */
  #isStalled(nowMs: number): boolean {
    if (this.#underWay > 1 || this.#latest?.complete !== false || this.#socket.isPaused()) return false;
    const { bytes, atMs } = this.#read;
    const elapsedMs = nowMs - atMs;
    if (elapsedMs < this.#limits.stallMs) return false;
    const { bytesRead } = this.#socket;
    this.#read = { bytes: bytesRead, atMs: nowMs };
    return (bytesRead - bytes) * 1000 < leastBytesPerSecond * elapsedMs;
  }

  begin(request: FastifyRequest['raw']): void {
    this.#underWay += 1;
    this.#latest = request;
    this.#read = { bytes: this.#socket.bytesRead, atMs: performance.now() };
  }

  end(): void {
    this.#underWay -= 1;
    this.#quietSinceMs = performance.now();
    void this.#handOn();
  }

  /** What the system has read; false stops it from reading more. Its end comes only when nothing is held. */
  #take(bytes: Buffer | null): boolean {
    const isShort = bytes === null || endOfPiece(bytes) === bytes.length;
    if (isShort && this.#held === null && this.#isReady() && !this.#work.isDue()) return this.#push(bytes);
    if (bytes === null) return this.#push(null);
    this.#held = this.#held === null ? bytes : Buffer.concat([this.#held, bytes]);
    void this.#handOn();
    return false;
  }

  #isBusy(): boolean {
    return this.#underWay >= this.#limits.requestsAtOnce;
  }

  /** Whoever reads the connection may have paused it, which Node does while answers are not taken. */
  #isReady(): boolean {
    return !this.#isBusy() && !this.#socket.isPaused() && !this.#socket.destroyed;
  }

  async #handOn(): Promise<void> {
    if (this.#isHandingOn) return;
    this.#isHandingOn = true;
    while (this.#held !== null && this.#isReady()) {
      if (this.#work.isDue())
        await this.#work.rest({ isNearlyDone: endOfLines(this.#held, fewLines) === this.#held.length });
      if (this.#isReady()) await this.#handOnPiece(this.#held);
    }
    this.#isHandingOn = false;
    this.#enterRoom();
  }

  /**
   * What waits behind requests, or behind answers that are not read, may do so for as long as these last: without room
   * for it the connection goes.
   */
  #enterRoom(): void {
    const isWaiting = this.#held !== null && (this.#isBusy() || this.#socket.writableLength > 0);
    // A piece of what was read keeps all of it in memory.
    const bytes = isWaiting && !this.#socket.destroyed ? (this.#held?.buffer.byteLength ?? 0) : 0;
    if (bytes === (this.#room?.bytes ?? 0)) return;
    this.#leaveRoom();
    if (bytes === 0) return;
    const { waiting, network } = this.#limits;
    const giveBack = waiting.take(network, bytes);
    if (giveBack) this.#room = { bytes, giveBack };
    else this.#socket.destroy();
  }

  #leaveRoom(): void {
    this.#room?.giveBack();
    this.#room = null;
  }

  async #handOnPiece(held: Buffer): Promise<void> {
    const end = endOfPiece(held);
    this.#held = end === held.length ? null : held.subarray(end);
    this.#push(held.subarray(0, end));
    // What the piece began has had its turn by then.
    await new Promise<void>((resolve) => process.nextTick(resolve));
  }
}

/** Whatever the bytes before were like: a body that costs nothing may end in five hundred requests. */
function endOfPiece(bytes: Buffer): number {
  return endOfLines(bytes.subarray(0, mostPieceBytes), mostPieceLines);
}

/** Behind so many lines, or of all where there are fewer. */
function endOfLines(bytes: Buffer, lines: number): number {
  let end = 0;
  for (let left = lines; left > 0 && end < bytes.length; left -= 1) {
    const at = bytes.indexOf(lineFeed, end);
    if (at === -1) return bytes.length;
    end = at + 1;
  }
  return end;
}
