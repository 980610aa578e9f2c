/** Hostile clients as attacks: bytes to the API's port, answers held against what is right. */
import { connect, type Socket } from 'node:net';
import type { Attack, AttackClass, CaseResult } from '../case.ts';
import type { Rig } from '../rig.ts';
import { addresses } from './addresses.ts';
import { batchBodies } from './batch-bodies.ts';
import { forms } from './forms.ts';
import { guessedKeys } from './guesses.ts';
import { get, type HostileClient } from './hostile-client.ts';
import { httpTricks } from './http-tricks.ts';
import { jsonBodies } from './json-bodies.ts';
import { largeAnswers } from './large-answers.ts';
import { largeBodies } from './large-bodies.ts';
import { largePalettes } from './large-palettes.ts';
import { manyAtOnce } from './many-at-once.ts';
import { exchange, type RawExchange, type RawRequest } from './raw-exchange.ts';

const clientsAtOnce = 12;
/** Connections that say nothing while others are answered. */
const silentConnections = 300;

export function clientAttacks(): AttackClass[] {
  const classes = [
    ...forms(),
    jsonBodies(),
    ...addresses(),
    ...httpTricks(),
    largeBodies(),
    batchBodies(),
    largePalettes(),
    manyAtOnce(),
  ].map(({ name, atOnce = clientsAtOnce, cases }) => ({
    kind: 'clients' as const,
    name,
    atOnce,
    attacks: [...cases.map(attackWith), stillAnswers],
  }));
  const silent = {
    kind: 'clients',
    name: 'silent connections',
    atOnce: 1,
    attacks: [manySilent, stillAnswers],
  } as const;
  return [...classes, largeAnswers(), guessedKeys(), silent];
}

function attackWith(client: HostileClient): Attack {
  const run = async ({ port, watch }: Rig): Promise<CaseResult> => {
    const pieces = typeof client.pieces === 'function' ? client.pieces() : client.pieces;
    const startedMs = performance.now();
    const { statuses, text, closed } = await exchangeAll(port, { ...client, pieces }, client.copies ?? 1);
    const ms = Math.round(performance.now() - startedMs);
    const sent = pieces.filter((piece) => piece.length < 20_000).map((piece) => piece.toString('latin1'));
    watch.look(client.name, Math.max(0, ...statuses), text, wordsOf(sent.join('')));
    const mostAnswers = client.mostAnswers ?? client.copies ?? 1;
    const said = (client.mustNotSay ?? []).filter((word) => text.includes(word));
    const isRight =
      statuses.length === 0
        ? closed && client.right.includes('closed')
        : statuses.slice(0, mostAnswers).every((status) => client.right.includes(status));
    return {
      name: client.name,
      ok: isRight && statuses.length <= mostAnswers && said.length === 0,
      expected: `${client.right.join(' or ')}${mostAnswers > 1 ? `, at most ${mostAnswers} times` : ''}`,
      got: [statuses.join(', ') || (closed ? 'closed' : 'silence'), ...said.map((word) => `and it said ${word}`)].join(
        ' ',
      ),
      ms,
    };
  };
  return { name: client.name, isSlow: client.isSlow, run };
}

/** All of them send in the same moment; what they are answered stands one after the other. */
async function exchangeAll(port: number, what: RawRequest, copies: number): Promise<RawExchange> {
  const all = await Promise.all(Array.from({ length: copies }, () => exchange(port, what)));
  return {
    // Whoever was told nothing has a status of its own, which is never right.
    statuses:
      copies === 1 ? (all[0]?.statuses ?? []) : all.flatMap(({ statuses }) => (statuses.length > 0 ? statuses : [0])),
    text: all.map(({ text }) => text).join(''),
    closed: all.every(({ closed }) => closed),
  };
}

/** What the client has said, in the pieces that an answer may repeat. */
function wordsOf(sent: string): string[] {
  const targets = [...sent.matchAll(/^[A-Za-z]+ (\S+) HTTP/gm)].map(([, target = '']) => target.split('?')[0] ?? '');
  const urls = [...sent.matchAll(/https?:\/\/[^\s"\\]+/g)].map(([url]) => url);
  const hosts = urls.filter((url) => URL.canParse(url)).map((url) => new URL(url).hostname);
  return [...targets, ...urls, ...hosts].filter((word) => word.length > 3);
}

const stillAnswers: Attack = {
  name: 'and then it still answers',
  async run({ port }) {
    const startedMs = performance.now();
    const { statuses } = await exchange(port, { pieces: [get('/livez')] });
    const got = statuses.join(', ');
    const ms = Math.round(performance.now() - startedMs);
    return { name: this.name, ok: got === '200', expected: '200', got, ms };
  },
};

const manySilent: Attack = {
  name: `${silentConnections} connections with half a request`,
  async run(rig) {
    const sockets = await Promise.all(Array.from({ length: silentConnections }, () => openSilent(rig.port)));
    const result = await stillAnswers.run(rig);
    for (const socket of sockets) socket.destroy();
    return { ...result, name: this.name };
  },
};

function openSilent(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.write('GET /livez HTTP/1.1\r\nhost: local');
      resolve(socket);
    });
    socket.once('error', reject);
  });
}
