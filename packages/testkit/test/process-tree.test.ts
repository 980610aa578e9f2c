/** What /proc says, with the names that make it hard to read. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { countCoreWaits } from '../src/core-waits.ts';
import { parseResidentBytes, parseStat, readTree, readTreeCpuMs } from '../src/process-tree.ts';

/** utime 250, stime 50, cutime 7, cstime 3 ticks. */
const statOf = (name: string, state = 'S') =>
  `4711 (${name}) ${state} 42 4711 4711 0 -1 4194304 1000 20 0 0 250 50 7 3 20 0 11 0 12345 1048576 256 18446744073709551615`;

describe('parseStat', () => {
  it.each(['node', 'tmux: server', 'a) b (c', '(sd-pam)', ') S 1 2 3', ''])('reads past the name %p', (name) => {
    expect(parseStat(statOf(name))).toEqual({ pid: 4711, parentPid: 42, isZombie: false, cpuMs: 3100 });
  });

  it('tells a zombie', () => {
    expect(parseStat(statOf('node', 'Z'))).toMatchObject({ parentPid: 42, isZombie: true });
  });

  it.each(['', 'nonsense', '4711 (cut off'])('refuses %p', (line) => {
    expect(() => parseStat(line)).toThrow(TypeError);
  });
});

describe('parseResidentBytes', () => {
  it('takes the resident size, and not its peak', () => {
    expect(parseResidentBytes('Name:\tVmRSS: 1 kB\nVmHWM:\t  9000 kB\nVmRSS:\t  1234 kB\nRssAnon:\t 5 kB\n')).toBe(
      1234 * 1024,
    );
  });

  it('is 0 for a process that has ended but was not waited for', () => {
    expect(parseResidentBytes('Name:\tsh\nState:\tZ (zombie)\n')).toBe(0);
  });
});

describe('a tree of processes', () => {
  it('holds the given ones and what they have started', async () => {
    const shell = spawn('/bin/sh', ['-c', 'sleep 30 & echo started; wait'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const pid = shell.pid ?? 0;
    const ended = new Promise((resolve) => shell.once('exit', resolve));
    await new Promise((resolve) => shell.stdout.once('data', resolve));
    const tree = readTree([pid]);
    expect(tree.map(({ parentPid }) => parentPid)).toEqual([process.pid, pid]);
    expect(readTreeCpuMs([pid])).toBeLessThan(5_000);
    for (const process_ of tree) process.kill(process_.pid);
    await ended;
    expect(() => readTree([pid])).toThrow('has ended');
  });
});

// A kernel may be built without the count.
const countsWaits = existsSync('/proc/self/schedstat');
(countsWaits ? it : it.skip)('tells how long what was started has waited for a core', async () => {
  const coreWaitsMs = countCoreWaits();
  const spinning = Array.from({ length: 3 * availableParallelism() }, () =>
    spawn('/bin/sh', ['-c', 'while :; do :; done'], { stdio: 'ignore' }),
  );
  while (coreWaitsMs() < 200) await new Promise((resolve) => setTimeout(resolve, 5));
  for (const each of spinning) each.kill('SIGKILL');
});
