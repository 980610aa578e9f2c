/** Bytes to a socket and whatever comes back: for requests that no HTTP client would send. */
import { connect } from 'node:net';

export type RawExchange = {
  /** The status of every answer but provisional ones, in order. */
  statuses: number[];
  /** Everything that came back. */
  text: string;
  /** Whether the other side ended it; else it fell silent. */
  closed: boolean;
};

export type RawRequest = {
  pieces: readonly (string | Buffer)[];
  /** Between two pieces. */
  pauseMs?: number;
  /** Says that nothing more will come, once everything is sent. */
  endsAfter?: boolean;
  /** An answer has come, and nothing for so long after it: that was all. */
  quietMs?: number;
};

const usualQuietMs = 250;
/** A server that neither answers nor hangs up is waited for so long. */
const patienceMs = 12_000;

/** Sends and listens until the other side hangs up, falls silent, or says nothing at all. */
export function exchange(port: number, request: RawRequest): Promise<RawExchange> {
  const { pieces, pauseMs = 0, endsAfter = false, quietMs = usualQuietMs } = request;
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const socket = connect(port, '127.0.0.1');
    let timer = setTimeout(() => finish(false), patienceMs);
    function finish(closed: boolean): void {
      clearTimeout(timer);
      socket.destroy();
      const text = Buffer.concat(received).toString('latin1');
      const statuses = [...text.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => Number(status));
      resolve({ statuses: statuses.filter((status) => status >= 200), text, closed });
    }
    socket.on('data', (bytes) => {
      received.push(bytes);
      clearTimeout(timer);
      timer = setTimeout(() => finish(false), quietMs);
    });
    // A server that has refused may reset the connection while we still send.
    socket.on('error', () => finish(true)).on('close', () => finish(true));
    socket.once('connect', () => void send());
    async function send(): Promise<void> {
      for (const piece of pieces) {
        if (socket.destroyed) return;
        if (!socket.write(piece)) await room();
        if (pauseMs > 0) await new Promise((next) => setTimeout(next, pauseMs));
      }
      if (endsAfter) socket.end();
    }
    /** When more may be written, or nothing can be any more. */
    function room(): Promise<void> {
      return new Promise((next) => {
        const go = () => {
          socket.off('drain', go).off('close', go);
          next();
        };
        socket.on('drain', go).on('close', go);
      });
    }
  });
}
