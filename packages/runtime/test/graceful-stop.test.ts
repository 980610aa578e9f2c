/** How a process ends, seen from outside: by real signals on real processes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';

const runtime = fileURLToPath(new URL('../src/index.ts', import.meta.url));

/** Runs a script that has `stopGracefully`, `reportReady` and a logger; resolves when it says that it is ready. */
async function start(
  script: string,
  prelude = '',
): Promise<{ child: ChildProcess; output: () => string; exited: Promise<number | null> }> {
  const source = `${prelude}
    import { createLogger, reportReady, stopGracefully } from ${JSON.stringify(runtime)};
    const logger = createLogger({ name: 'test', level: 'info' });
    const busy = setInterval(() => undefined, 1000);
    ${script}
    reportReady();`;
  const child = spawn(process.execPath, ['--conditions=source', '--input-type=module-typescript', '-e', source], {
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  await Promise.race([new Promise((resolve) => child.once('message', resolve)), exited]);
  return { child, output: () => text, exited };
}

const steps = `[
  { name: 'first', stop: async () => logger.info('first step') },
  { name: 'broken', stop: async () => { throw new Error('step is broken'); } },
  { name: 'last', stop: async () => logger.info('last step') }]`;

test.each(['SIGTERM', 'SIGINT'] as const)(
  'when %s comes, then every step runs in order, a broken one included, and the code is 0',
  async (signal) => {
    const { child, output, exited } = await start(
      `stopGracefully({ logger, timeoutMs: 5000, steps: () => ${steps} });`,
    );
    child.kill(signal);
    expect(await exited).toBe(0);
    expect(output()).toMatch(/first step[\s\S]*step is broken[\s\S]*last step[\s\S]*stopped/);
  },
);

test('when the parent goes away, then the process stops by itself', async () => {
  const { child, output, exited } = await start(`stopGracefully({ logger, timeoutMs: 5000, steps: () => ${steps} });`);
  child.disconnect();
  expect(await exited).toBe(0);
  expect(output()).toContain('parent is gone');
});

test('when a step never ends, then the process ends with code 1 after its time', async () => {
  const { child, output, exited } = await start(
    `stopGracefully({ logger, timeoutMs: 100, steps: () => [{ name: 'endless', stop: () => new Promise(() => undefined) }] });`,
  );
  child.kill('SIGTERM');
  expect(await exited).toBe(1);
  expect(output()).toContain('did not stop in time');
});

test.each([
  ['uncaughtException', `setTimeout(() => { throw new Error('a defect'); }, 1);`],
  ['unhandledRejection', `setTimeout(() => { void Promise.reject(new Error('a defect')); }, 1);`],
])('when there is an %s, then it is logged whole and the code is 1', async (event, defect) => {
  const { output, exited } = await start(`stopGracefully({ logger, timeoutMs: 5000, steps: () => [] });${defect}`);
  expect(await exited).toBe(1);
  expect(output()).toContain(event);
  expect(output()).toContain('a defect');
});

test('when nobody reads the log any more and there is a defect, then the process still ends', async () => {
  const { child, exited } = await start(
    `stopGracefully({ logger, timeoutMs: 5000, steps: () => [] }); setTimeout(() => { logger.info('into the void'); throw new Error('a defect'); }, 200);`,
  );
  child.stdout?.destroy();
  expect(await exited).toBe(1);
});
