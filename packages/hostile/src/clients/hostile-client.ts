/** A request that a stranger might send, and the statuses that are right to answer. */
import type { CaseClass } from '../case.ts';
import type { RawRequest } from './raw-exchange.ts';

export type HostileClient = Omit<RawRequest, 'pieces'> & {
  name: string;
  /** Made when they are needed, where they are large. */
  pieces: RawRequest['pieces'] | (() => RawRequest['pieces']);
  /** `closed`: hanging up without a word is fine too. */
  right: readonly (number | 'closed')[];
  /** How many answers there may be at the most; one unless told. */
  mostAnswers?: number;
  /** What the client has said and may not read again, as in links or headers. */
  mustNotSay?: readonly string[];
  isSlow?: boolean;
  /** How many clients send the same in the same moment; one unless told. */
  copies?: number;
};

export type ClientClass = CaseClass<HostileClient>;

/** The host that a client should call the service by. */
export const host = 'localhost';

/** A request from its parts; header lines as they are given. */
export function request(
  method: string,
  target: string,
  headers: readonly string[] = [],
  body: string | Buffer = '',
): Buffer {
  const lines = [
    `${method} ${target} HTTP/1.1`,
    `host: ${host}`,
    ...headers,
    ...(body.length > 0 ? [`content-length: ${Buffer.byteLength(body)}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), Buffer.from(body)]);
}

export const get = (target: string, ...headers: string[]) => request('GET', target, headers);

/** A POST of JSON, or of what claims to be. */
export const postJson = (body: string | Buffer, type = 'application/json') =>
  request('POST', '/v1/thumbnails', [`content-type: ${type}`], body);
