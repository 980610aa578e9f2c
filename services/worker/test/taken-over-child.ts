/** A child that was taken over: it makes the attempts that it is told on standard input, and says how each ended. */
import { fork, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { connect, createServer, type NetConnectOpts } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

export type Targets = { secretFile: string; folder: string; redisSocket: string; port: number; foreignAddon: string };
export type Order = { targets: Targets; isReachTried: boolean };

const patienceMs = 2000;
const reach = (options: NetConnectOpts) => until(connect(options), 'connect');

function until(emitter: { once(event: string, listen: (value: unknown) => void): unknown }, event: string) {
  return new Promise<void>((resolve, reject) => {
    emitter.once(event, () => resolve());
    emitter.once('error', reject);
  });
}

/** What Node itself denies, by its permission model. */
function attemptsOnMachine({ secretFile, folder }: Targets): Record<string, () => unknown> {
  return {
    'read a file': () => readFileSync(secretFile),
    'list a folder': () => readdirSync(folder),
    'ask about a file': () => statSync(secretFile),
    'read the environment of the worker': () => readFileSync(`/proc/${process.ppid}/environ`),
    'read its own environment': () => readFileSync('/proc/self/environ'),
    'write a file': () => writeFileSync(`${folder}/new`, 'new'),
    'write over a file': () => writeFileSync(secretFile, 'new'),
    'remove a file': () => unlinkSync(secretFile),
    'start a program': () => until(spawn(process.execPath, ['--version']), 'spawn'),
    'fork itself': () => until(fork(process.argv[1] ?? ''), 'spawn'),
    'start a thread': () => until(new Worker('', { eval: true }), 'online'),
    'use the bindings of Node': () => Reflect.get(process, 'binding').call(process, 'fs'),
    'inspect itself': () => new Session().connect(),
  };
}

/** What only the kernel denies. */
function attemptsOnOthers({ redisSocket, port, foreignAddon }: Targets): Record<string, () => unknown> {
  return {
    'connect to Redis': () => reach({ path: redisSocket }),
    'connect to a port of this machine': () => reach({ host: '127.0.0.1', port }),
    'connect to the metadata service': () => reach({ host: '169.254.169.254', port: 80 }),
    listen: () => until(createServer().listen(0, '127.0.0.1'), 'listening'),
    'signal the worker': () => process.kill(process.ppid, 0),
    'load an addon that is not its own': () => process.dlopen({ exports: {} }, foreignAddon),
  };
}

/** The code of an error. */
async function endOf(attempt: () => unknown): Promise<string> {
  const late = sleep(patienceMs, 'no answer', { ref: false });
  try {
    return await Promise.race([late, Promise.resolve(attempt()).then(() => 'done')]);
  } catch (err) {
    return typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : String(err);
  }
}

process.stdin.once('data', async (told: Buffer) => {
  const { targets, isReachTried }: Order = JSON.parse(String(told));
  const attempts = { ...attemptsOnMachine(targets), ...(isReachTried && attemptsOnOthers(targets)) };
  const ends: Record<string, string> = {};
  for (const [name, attempt] of Object.entries(attempts)) ends[name] = await endOf(attempt);
  process.stdout.write(`${JSON.stringify(ends)}\n`);
});
