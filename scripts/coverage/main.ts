/** `npm run coverage`: the tests, then how much of each package they have run, also in the processes that they start. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeLinesOf } from './covered-lines.ts';
import { takeReports } from './process-reports.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const reportsIntervalMs = 1000;

/** Every source of a package and of a service, by its absolute path. */
function readSources(): Map<string, string> {
  const folders = ['packages', 'services'].flatMap((group) =>
    readdirSync(join(root, group)).map((room) => join(root, group, room, 'src')),
  );
  const files = folders
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name)))
    .filter((path) => path.endsWith('.ts'));
  return new Map(files.map((path) => [path, readFileSync(path, 'utf8')]));
}

/** Resolves with Jest's exit code. */
function runTests(args: readonly string[], reports: string): Promise<number> {
  const child = spawn(process.execPath, [join(root, 'node_modules/jest/bin/jest.js'), ...args], {
    cwd: root,
    stdio: 'inherit',
    // Code out of a cache would be counted less exactly.
    env: { ...process.env, NODE_V8_COVERAGE: reports, NODE_COMPILE_CACHE: '' },
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => child.once('close', (code) => resolve(code ?? 1)));
}

function printTable(sources: ReadonlyMap<string, string>, run: ReadonlyMap<string, ReadonlySet<number>>): void {
  const rooms = new Map<string, { lines: number; run: number }>();
  for (const [path, text] of sources) {
    const lines = codeLinesOf(text);
    const runLines = lines.filter(({ number }) => run.get(path)?.has(number)).length;
    for (const room of [relative(root, path).split(/[\\/]/).slice(0, 2).join('/'), 'all']) {
      const before = rooms.get(room) ?? { lines: 0, run: 0 };
      rooms.set(room, { lines: before.lines + lines.length, run: before.run + runLines });
    }
  }
  console.log(`\n${'package'.padEnd(22)}${'lines'.padStart(8)}${'run'.padStart(8)}${'%'.padStart(8)}`);
  for (const [room, { lines, run }] of [...rooms].sort(([a], [b]) => Number(a === 'all') - Number(b === 'all'))) {
    const figures = [String(lines), String(run), ((100 * run) / lines).toFixed(1)];
    console.log(room.padEnd(22) + figures.map((figure) => figure.padStart(8)).join(''));
  }
}

const sources = readSources();
const run = new Map([...sources.keys()].map((path) => [path, new Set<number>()]));
const add = (path: string, lines: readonly number[]) => {
  for (const line of lines) run.get(path)?.add(line);
};
const reports = await mkdtemp(join(tmpdir(), 'tintype-coverage-'));
try {
  let taking = Promise.resolve();
  const take = () => {
    taking = taking.then(() => takeReports(reports, sources, add));
  };
  const timer = setInterval(take, reportsIntervalMs);
  process.exitCode = await runTests(process.argv.slice(2), reports);
  clearInterval(timer);
  take();
  await taking;
  printTable(sources, run);
} finally {
  await rm(reports, { recursive: true, force: true });
}
