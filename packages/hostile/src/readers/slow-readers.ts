/** Clients that ask for an answer and then take a byte of it now and then. */
import { connect, type Socket } from 'node:net';
import type { Rig } from '../rig.ts';
import type { LargestAnswer } from './largest-answers.ts';

export type SlowReaders = {
  /** How many have had the first line of an answer with this status. */
  statuses(): Map<number, number>;
  /** Hangs up. */
  stop(): void;
};

/** Of the loopback network too, so that who has no key is told apart from the others by address. */
const ownAddress = '127.0.0.2';
const byteEveryMs = 200;
/** `HTTP/1.1 200` */
const statusBytes = 12;

/** All of them ask at once. */
export function openSlowReaders(rig: Rig, answers: readonly LargestAnswer[], count: number): SlowReaders {
  const statuses = new Map<number, number>();
  const note = (status: number) => statuses.set(status, (statuses.get(status) ?? 0) + 1);
  const sockets = Array.from({ length: count }, (_, at) => {
    const answer = answers[at % answers.length];
    return answer === undefined ? null : openSlowReader(rig.port, answer, note);
  });
  const timer = setInterval(() => {
    for (const socket of sockets) socket?.read(1);
  }, byteEveryMs);
  return {
    statuses: () => statuses,
    stop() {
      clearInterval(timer);
      for (const socket of sockets) socket?.destroy();
    },
  };
}

function openSlowReader(port: number, { path, headers }: LargestAnswer, note: (status: number) => void): Socket {
  const lines = Object.entries({ host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect({ port, host: '127.0.0.1', localAddress: ownAddress });
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  const begin = () => {
    const line: Buffer | null = socket.read(statusBytes);
    if (line === null) return;
    socket.off('readable', begin);
    note(Number(line.toString('latin1').slice(-3)));
  };
  // Nobody flows it: what is not read stays with the kernel, and then with the service.
  return socket.on('readable', begin).on('error', () => undefined);
}
