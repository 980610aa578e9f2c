/** A child that was taken over, in its launch: what it may do by JavaScript, and by machine code of its own. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { release } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { EmbeddedRedis } from '@tintype/embedded';
import { makeTestFolder, startTestRedis } from '@tintype/testkit';
import { childStarter, createChildCodeCache } from '../src/picture/child-process.ts';
import type { CodeCache } from '../src/picture/code-cache.ts';
import { type Confinement, confine, gapsOf, probeConfinement, unconfined } from '../src/picture/confinement.ts';
import type { Order, Targets } from './taken-over-child.ts';

const confinement = await probeConfinement();
/** The rest of the tests holds on every platform. */
const testConfined = gapsOf(confinement) === null ? test : test.skip;
/** Landlock keeps signals in since Linux 6.12. */
const [major = 0, minor = 0] = release().split('.').map(Number);
const testScoped = confinement.files && (major > 6 || (major === 6 && minor >= 12)) ? test : test.skip;
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
async function takeOver(
  confinement: Confinement,
  isReachTried: boolean,
  { codeCache, ...changes }: Partial<Targets> & { codeCache?: CodeCache } = {},
): Promise<Record<string, string>> {
  const entry = fileURLToPath(new URL('./taken-over-child.ts', import.meta.url));
  const child = childStarter({ dataBytes: null, cpuSeconds: 60, confinement, env: {}, codeCache }, entry)();
  child.stdin.write(JSON.stringify({ targets: { ...targets, ...changes }, isReachTried } satisfies Order));
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
      'connect to Redis': 'ENOSYS',
      'connect to a port of this machine': 'ENOSYS',
      'connect to the metadata service': 'ENOSYS',
      listen: 'ENOSYS',
      'signal the worker': 'EPERM',
      'load an addon that is not its own': 'ERR_DLOPEN_FAILED',
    });
  });
});

testConfined('when there is compiled code for it, then it reads that and changes nothing of it', async () => {
  const codeCache = createChildCodeCache();
  try {
    let codeFolder: string | null = null;
    for (; codeFolder === null; codeFolder = codeCache.kept()?.folder ?? null) await sleep(50);
    const [file] = (await readdir(codeFolder, { recursive: true, withFileTypes: true })).filter((at) => at.isFile());
    const secretFile = `${file?.parentPath}/${file?.name}`;
    expect(await takeOver(confinement, false, { codeCache, secretFile, folder: codeFolder })).toEqual({
      ...deniedByNode,
      ...{ 'read a file': 'done', 'list a folder': 'done', 'ask about a file': 'done' },
      ...{ 'write a file': 'EPERM', 'write over a file': 'EPERM', 'remove a file': 'ENOSYS' },
    });
    await codeCache.remove();
    expect(existsSync(codeFolder)).toBe(false);
  } finally {
    await codeCache.remove();
  }
});

/** Stands for machine code: Perl makes any system call, and Node has no say in it. Each line: a name and an error. */
const machineCode = String.raw`
$| = 1;
my ($secret, $folder, $worker, $x64, $program) = @ARGV;
$worker += 0;
my $number = sub { $x64 ? $_[0] : $_[1] };
my $try = sub { my ($name, $attempt) = @_; $! = 0; print "$name: ", ($attempt->() ? 'done' : $!), "\n" };
my $call = sub { my $number = shift; syscall($number, @_) != -1 };
my $tryCall = sub { my ($name, $x64Number, $arm64Number, @rest) = @_;
  $try->($name, sub { $call->($number->($x64Number, $arm64Number), @rest) }) };
my $buffer = "\0" x 64;
my $limits = pack 'QQ', 1, 1;
my $pid = pack 'l', $worker;
my $room = 256 * 1024 * 1024;
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
$tryCall->('change the flags of a file', 469, 469, -100, $secret, $buffer, 24, 0);
$tryCall->('change the flags of a descriptor', 16, 29, 1, 0x40086602, $buffer);
$tryCall->('make a file in memory', 319, 279, $folder, 0);
$tryCall->('watch files', 294, 26, 0);
$tryCall->('watch file systems', 300, 262, 0x200, 0);
$try->('open a socket', sub { socket my $socket, 2, 1, 0 });
$try->('open a local socket', sub { socket my $socket, 1, 1, 0 });
$tryCall->('give its pipe a name', 49, 200, 1, pack('Sa8', 1, "\0tintype"), 10);
$tryCall->('send by its pipe', 46, 211, 1, $buffer, 0);
$tryCall->('use io_uring', 425, 425, 1, $buffer);
$try->('signal the worker', sub { kill 0, $worker });
$try->('signal everybody', sub { kill 0, -1 });
$tryCall->('queue a signal for the worker', 129, 138, $worker, 0, $buffer);
$tryCall->('have the kernel signal the worker (F_SETOWN)', 72, 25, 1, 8, $worker);
$tryCall->('have the kernel signal the worker (F_SETOWN, high bits)', 72, 25, 1, 8 | 1 << 32, $worker);
$tryCall->('have the kernel signal the worker (F_SETOWN_EX)', 72, 25, 1, 15, pack('ll', 1, $worker));
$tryCall->('choose what the kernel signals (F_SETSIG)', 72, 25, 1, 10, 9);
$tryCall->('have the kernel signal the worker (FIOSETOWN)', 16, 29, 1, 0x8901, $pid);
$tryCall->('have the kernel signal the worker (SIOCSPGRP)', 16, 29, 1, 0x8902, $pid);
$tryCall->('open the worker as a file', 434, 434, $worker, 0);
$tryCall->('trace the worker', 101, 117, 0x4206, $worker, 0, 0);
$tryCall->('copy memory of the worker', 310, 270, $worker, $buffer, 1, $buffer, 1, 0);
$tryCall->('set limits of the worker', 302, 261, $worker, 7, 0, $buffer);
$try->('slow the worker down', sub { setpriority 0, $worker, 19 });
$tryCall->('slow the worker down (policy)', 144, 119, $worker, 5, pack('l', 0));
$tryCall->('slow the worker down (parameters)', 142, 118, $worker, pack('l', 0));
$tryCall->('slow the worker down (attributes)', 314, 274, $worker, $buffer, 0);
$tryCall->('slow the worker down (processors)', 203, 122, $worker, 8, "\1" . "\0" x 7);
$tryCall->('slow the worker down (disk)', 251, 30, 1, $worker, 3 << 13);
$tryCall->('leave memory behind', 29, 194, 0, 4096, 01600);
$tryCall->('leave messages behind', 68, 186, 0, 01600);
$tryCall->('leave semaphores behind', 64, 190, 0, 1, 01600);
$tryCall->('leave a queue behind', 240, 180, 'tintype', 0102, 0600, 0);
$tryCall->('take shared memory', 9, 222, 0, $room, 3, 0x21, -1, 0);
$tryCall->('take a growing stack', 9, 222, 0, $room, 3, 0x122, -1, 0);
$tryCall->('take private memory', 9, 222, 0, $room, 3, 0x22, -1, 0);
$tryCall->('let its stack grow', 302, 261, 0, 3, $limits, 0);
$try->('fork', sub { my $child = fork; exit if defined $child && !$child; defined $child });
$tryCall->('make a namespace', 272, 97, 0x10000000);
$tryCall->('mount', 165, 40, $folder, $folder, $folder, 4096, 0);
$tryCall->('load a filter into the kernel', 321, 280, 5, $buffer, 64);
$tryCall->('call what the kernel has not yet', 999, 999);
$try->('start a program', sub { exec { $program } $program });
$tryCall->('read its own limits', 302, 261, 0, 4, 0, $buffer);
$try->('signal itself', sub { kill 0, $$ });`;

/** With `perl` in the place of Node: the launcher lets it be the one program. It may have 128 MB. */
async function runMachineCode(confinement: Confinement): Promise<Record<string, string>> {
  const own = [targets.secretFile, folder, String(process.pid), process.arch === 'x64' ? '1' : '', '/bin/true'];
  const command = confine(confinement, ['/usr/bin/perl', '-e', machineCode, ...own], []);
  const args = ['-c', 'ulimit -d 131072; exec "$@"', 'sh', ...command];
  const { stdout } = await promisify(execFile)('/bin/sh', args, { env: {}, cwd: '/' });
  return Object.fromEntries(
    stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(': ')),
  );
}

/** Signals by itself, and has the kernel signal when its standard output ends (F_SETOWN, F_SETSIG, O_ASYNC). */
const signalCode = `
my ($bystander, $x64) = @ARGV;
$bystander += 0;
my ($fcntl, $shutdown) = $x64 ? (72, 48) : (25, 210);
kill 9, $bystander;
syscall $fcntl, 1, 8, $bystander;
syscall $fcntl, 1, 10, 9;
syscall $fcntl, 1, 4, syscall($fcntl, 1, 3, 0) | 020000;
syscall $shutdown, 1, 2;`;

const endAs = (end: string, names: string[]) => Object.fromEntries(names.map((name) => [name, end]));

describe('machine code of a stranger', () => {
  testConfined('when it tries what it has no business with, then the kernel denies all of it', async () => {
    const ends = await runMachineCode(confinement);
    expect(ends).toEqual({
      ...endAs('done', ['read its own limits', 'signal itself']),
      ...endAs('Cannot allocate memory', ['take private memory']),
      // By Landlock.
      ...endAs('Permission denied', [
        'read a file',
        'list a folder',
        'read the environment of the worker',
        'read the memory of the worker',
        'start a program',
      ]),
      // By its arguments.
      ...endAs('Operation not permitted', [
        'write a file',
        'write over a file',
        'change the flags of a descriptor',
        'signal the worker',
        'signal everybody',
        'have the kernel signal the worker (F_SETOWN)',
        'have the kernel signal the worker (F_SETOWN, high bits)',
        'have the kernel signal the worker (F_SETOWN_EX)',
        'choose what the kernel signals (F_SETSIG)',
        'have the kernel signal the worker (FIOSETOWN)',
        'have the kernel signal the worker (SIOCSPGRP)',
        'set limits of the worker',
        'take shared memory',
        'take a growing stack',
        'let its stack grow',
        'fork',
      ]),
      // No part of a decode.
      ...endAs('Function not implemented', [
        'rename a file',
        'link a file',
        'make a folder',
        'change who may read a file',
        'change the owner of a file',
        'change the time of a file',
        'remove a file',
        'change the flags of a file',
        'make a file in memory',
        'watch files',
        'watch file systems',
        'open a socket',
        'open a local socket',
        'give its pipe a name',
        'send by its pipe',
        'use io_uring',
        'queue a signal for the worker',
        'open the worker as a file',
        'trace the worker',
        'copy memory of the worker',
        'slow the worker down',
        'slow the worker down (policy)',
        'slow the worker down (parameters)',
        'slow the worker down (attributes)',
        'slow the worker down (processors)',
        'slow the worker down (disk)',
        'leave memory behind',
        'leave messages behind',
        'leave semaphores behind',
        'leave a queue behind',
        'make a namespace',
        'mount',
        'load a filter into the kernel',
        'call what the kernel has not yet',
      ]),
    });
    expect(readFileSync(targets.secretFile, 'utf8')).toBe('secret');
  });

  testScoped(
    'when the kernel filters no calls, then Landlock still denies signals, however they are sent',
    async () => {
      const bystander = spawn('/bin/sleep', ['600']);
      const end = once(bystander, 'exit');
      const command = [
        '/usr/bin/perl',
        '-e',
        signalCode,
        String(bystander.pid),
        process.arch === 'x64' ? '1' : '',
      ] as const;
      const [program = '', ...args] = confine({ files: true, calls: false }, [...command], []);
      await promisify(execFile)(program, args, { env: {}, cwd: '/' });
      bystander.kill('SIGTERM');
      expect(await end).toEqual([null, 'SIGTERM']);
    },
  );
});
