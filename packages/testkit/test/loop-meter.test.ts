/** The meter of event loops, on real processes that hold their loop in every way. */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type LoopTurn, loopMeterFlag, readLoopTurns, startIdleLoop } from '../src/loop-meter/loop-meter.ts';
import { readTreeCpuMs } from '../src/process-tree.ts';
import { makeTestFolder } from '../src/tintype.ts';

let folder: string;
beforeAll(async () => {
  folder = await makeTestFolder();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Uses up so much CPU time, whatever else the machine does. */
const burn = `const burn = (ms) => {
  const used = () => { process.cpuUsage(); const { user, system } = process.threadCpuUsage(); return (user + system) / 1000; };
  for (const end = used() + ms; used() < end; ) ;
};`;

/** Runs the script a while after its start, and gives the turns of that time. */
async function turnsOf(script: string): Promise<LoopTurn[]> {
  const late = `${burn} setTimeout(async () => { process.send(Date.now()); ${script} }, 200)`;
  const child = spawn(process.execPath, [loopMeterFlag(folder), '-e', late], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  const beginsAtMs = await new Promise<number>((resolve) => child.once('message', (at) => resolve(Number(at))));
  await exited;
  return readLoopTurns(folder, child.pid ?? 0, 0).filter(({ endedAtMs }) => endedAtMs >= beginsAtMs);
}

const most = (turns: LoopTurn[], pick: (turn: LoopTurn) => number) => Math.max(0, ...turns.map(pick));
const cpuMs = (turn: LoopTurn) => turn.cpuMs;
const lateMs = (turn: LoopTurn) => turn.lateMs;

test.each([
  ['computes', 'burn(120); setTimeout(process.exit, 50)'],
  ['goes from promise to promise', 'for (let i = 0; i < 12; i++) await burn(10); setTimeout(process.exit, 50)'],
  ['is killed right after', "burn(120); setImmediate(() => process.kill(process.pid, 'SIGKILL'))"],
])('when a loop is held for 120 ms by one that %s, then the meter says so', async (_how, script) => {
  const turns = await turnsOf(script);
  expect(most(turns, cpuMs)).toBeGreaterThanOrEqual(100);
  expect(most(turns, cpuMs)).toBeLessThan(400);
});

test('when the same work is spread over many turns, then no turn is said to be long', async () => {
  const turns = await turnsOf(
    `for (let i = 0; i < 12; i++) { burn(10); await new Promise(setImmediate); } process.exit()`,
  );
  expect(most(turns, cpuMs)).toBeGreaterThanOrEqual(10);
  expect(most(turns, cpuMs)).toBeLessThan(80);
});

test('when a loop is asleep, then it comes late, and that is no CPU time', async () => {
  const turns = await turnsOf(
    'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300); setTimeout(process.exit, 50)',
  );
  expect(most(turns, lateMs)).toBeGreaterThanOrEqual(200);
  expect(most(turns, cpuMs)).toBeLessThan(80);
});

test('when others work for a loop, a thread of its own or one of the pool, then it is not the loop’s time', async () => {
  const pool = "require('node:crypto').pbkdf2('a', 'b', 400_000, 64, 'sha512', () => setTimeout(process.exit, 50));";
  const thread =
    'new (require("node:worker_threads").Worker)("for (const e = Date.now() + 300; Date.now() < e; ) ;", { eval: true });';
  const turns = await turnsOf(pool + thread);
  expect(most(turns, cpuMs)).toBeLessThan(80);
});

test('when a loop has nothing to do, then the meter lets it sleep', async () => {
  const idle = await startIdleLoop(folder);
  try {
    await sleep(200);
    const beforeMs = readTreeCpuMs([idle.pid]);
    await sleep(1500);
    // One that goes round for nothing would use all of it.
    expect(readTreeCpuMs([idle.pid]) - beforeMs).toBeLessThan(300);
    expect(most(idle.loopTurns(), cpuMs)).toBeLessThan(50);
  } finally {
    await idle.stop();
  }
});
