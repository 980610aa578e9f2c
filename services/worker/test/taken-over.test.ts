/** A child that was taken over, in its launch: what it may do by JavaScript, and by machine code of its own. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EmbeddedRedis } from '@tintype/embedded';
import { makeTestFolder, startTestRedis } from '@tintype/testkit';
import { childStarter } from '../src/picture/child-process.ts';
import { type Confinement, confine, gapsOf, probeConfinement, unconfined } from '../src/picture/confinement.ts';
import type { Order, Targets } from './taken-over-child.ts';

const confinement = await probeConfinement();
/** The rest of the tests holds on every platform. */
const testConfined = gapsOf(confinement) === null ? test : test.skip;
const compiler = createRequire(createRequire(import.meta.url).resolve('@swc/core'));

const server = createServer((socket) => socket.end());
let folder: string;
let redis: EmbeddedRedis;
let targets: Targets;
beforeAll(async () => {
  [folder, redis] = await Promise.all([makeTestFolder(), startTestRedis()]);
  const secretFile = `${folder}/admin-key`;
  await writeFile(secretFile, 'secret', { mode: 0o600 });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const foreignAddon = compiler.resolve(`@swc/core-${process.platform}-${process.arch}-gnu`);
  targets = { secretFile, folder, redisSocket: redis.url, port, foreignAddon };
});
afterAll(async () => {
  server.close();
  await redis.stop();
  await rm(folder, { recursive: true });
});

/** How its attempts ended, by name. What reaches for others is tried only where the kernel is to deny it. */
async function takeOver(confinement: Confinement, isReachTried: boolean): Promise<Record<string, string>> {
  const entry = fileURLToPath(new URL('./taken-over-child.ts', import.meta.url));
  const child = childStarter({ dataBytes: null, cpuSeconds: 60, confinement, env: {} }, entry)();
  child.stdin.write(JSON.stringify({ targets, isReachTried } satisfies Order));
  const [line] = await once(child.stdout, 'data');
  child.kill('SIGKILL');
  return JSON.parse(String(line));
}

/** Nothing but what Node denies. */
const deniedByNode = {
  'read a file': 'ERR_ACCESS_DENIED',
  'list a folder': 'ERR_ACCESS_DENIED',
  'ask about a file': 'ERR_ACCESS_DENIED',
  'read the environment of the worker': 'ERR_ACCESS_DENIED',
  'read its own environment': 'ERR_ACCESS_DENIED',
  'write a file': 'ERR_ACCESS_DENIED',
  'write over a file': 'ERR_ACCESS_DENIED',
  'remove a file': 'ERR_ACCESS_DENIED',
  'start a program': 'ERR_ACCESS_DENIED',
  'fork itself': 'ERR_ACCESS_DENIED',
  'start a thread': 'ERR_ACCESS_DENIED',
  'use the bindings of Node': 'ERR_ACCESS_DENIED',
  'inspect itself': 'ERR_ACCESS_DENIED',
};

describe('JavaScript of a stranger', () => {
  test('when the kernel denies nothing, then Node denies files, processes and threads', async () => {
    expect(await takeOver(unconfined, false)).toEqual(deniedByNode);
  });

  testConfined('when the kernel does, then there is no network, no signal and no foreign addon either', async () => {
    expect(await takeOver(confinement, true)).toEqual({
      ...deniedByNode,
      'connect to Redis': 'EPERM',
      'connect to a port of this machine': 'EPERM',
      'connect to the metadata service': 'EPERM',
      listen: 'EPERM',
      'signal the worker': 'EPERM',
      'load an addon that is not its own': 'ERR_DLOPEN_FAILED',
    });
  });
});

/** Stands for machine code: Perl makes any system call, and Node has no say in it. Each line: a name and an error. */
const machineCode = String.raw`
$| = 1;
my ($secret, $folder, $worker, $x64, $program) = @ARGV;
$worker += 0;
my $number = sub { $x64 ? $_[0] : $_[1] };
my $try = sub { my ($name, $attempt) = @_; $! = 0; print "$name: ", ($attempt->() ? 'done' : $!), "\n" };
my $call = sub { my $number = shift; syscall($number, @_) != -1 };
my $buffer = "\0" x 64;
my $limits = pack 'QQ', 1, 1;
$try->('read a file', sub { open my $file, '<', $secret });
$try->('list a folder', sub { opendir my $files, $folder });
$try->('read the environment of the worker', sub { open my $file, '<', "/proc/$worker/environ" });
$try->('read the memory of the worker', sub { open my $file, '<', "/proc/$worker/mem" });
$try->('write a file', sub { open my $file, '>', "$folder/new" });
$try->('write over a file', sub { open my $file, '+<', $secret });
$try->('rename a file', sub { rename $secret, "$folder/other" });
$try->('link a file', sub { link $secret, "$folder/other" });
$try->('make a folder', sub { mkdir "$folder/more" });
$try->('change who may read a file', sub { chmod 0644, $secret });
$try->('change the owner of a file', sub { chown 1, 1, $secret });
$try->('change the time of a file', sub { utime 1, 1, $secret });
$try->('remove a file', sub { unlink $secret });
$try->('open a socket', sub { socket my $socket, 2, 1, 0 });
$try->('open a local socket', sub { socket my $socket, 1, 1, 0 });
$try->('use io_uring', sub { $call->(425, 1, $buffer) });
$try->('signal the worker', sub { kill 0, $worker });
$try->('signal everybody', sub { kill 0, -1 });
$try->('queue a signal for the worker', sub { $call->($number->(129, 138), $worker, 0, $buffer) });
$try->('open the worker as a file', sub { $call->(434, $worker, 0) });
$try->('trace the worker', sub { $call->($number->(101, 117), 0x4206, $worker, 0, 0) });
$try->('copy memory of the worker', sub { $call->($number->(310, 270), $worker, $buffer, 1, $buffer, 1, 0) });
$try->('set limits of the worker', sub { $call->($number->(302, 261), $worker, 7, 0, $buffer) });
$try->('slow the worker down', sub { setpriority 0, $worker, 19 });
$try->('fork', sub { my $child = fork; exit if defined $child && !$child; defined $child });
$try->('make a namespace', sub { $call->($number->(272, 97), 0x10000000) });
$try->('mount', sub { $call->($number->(165, 40), $folder, $folder, $folder, 4096, 0) });
$try->('load a filter into the kernel', sub { $call->($number->(321, 280), 5, $buffer, 64) });
$try->('start a program', sub { exec { $program } $program });
$try->('set its own limits', sub { $call->($number->(302, 261), 0, 4, $limits, 0) });
$try->('signal itself', sub { kill 0, $$ });`;

/** With `perl` in the place of Node: the launcher lets it be the one program. */
async function runMachineCode(confinement: Confinement): Promise<Record<string, string>> {
  const own = [targets.secretFile, folder, String(process.pid), process.arch === 'x64' ? '1' : '', '/bin/true'];
  const [program = '', ...args] = confine(confinement, ['/usr/bin/perl', '-e', machineCode, ...own], []);
  const { stdout } = await promisify(execFile)(program, args, { env: {}, cwd: '/' });
  return Object.fromEntries(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(': ')),
  );
}

describe('machine code of a stranger', () => {
  testConfined('when it tries what it has no business with, then the kernel denies all of it', async () => {
    const ends = await runMachineCode(confinement);
    expect(ends).toEqual({
      'read a file': 'Permission denied',
      'list a folder': 'Permission denied',
      'read the environment of the worker': 'Permission denied',
      'read the memory of the worker': 'Permission denied',
      'start a program': 'Permission denied',
      'use io_uring': 'Function not implemented',
      'set its own limits': 'done',
      'signal itself': 'done',
      ...Object.fromEntries(
        [
          'write a file',
          'write over a file',
          'rename a file',
          'link a file',
          'make a folder',
          'change who may read a file',
          'change the owner of a file',
          'change the time of a file',
          'remove a file',
          'open a socket',
          'open a local socket',
          'signal the worker',
          'signal everybody',
          'queue a signal for the worker',
          'open the worker as a file',
          'trace the worker',
          'copy memory of the worker',
          'set limits of the worker',
          'slow the worker down',
          'fork',
          'make a namespace',
          'mount',
          'load a filter into the kernel',
        ].map((name) => [name, 'Operation not permitted']),
      ),
    });
    expect(readFileSync(targets.secretFile, 'utf8')).toBe('secret');
  });
});
