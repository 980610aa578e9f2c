/** What developers type: the Makefile's names, the coverage by package, the hook before a commit. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startRedis } from '@tintype/embedded';
import { freePort, makeTestFolder } from '@tintype/testkit';
import { codeLinesOf } from '../../../scripts/coverage/covered-lines.ts';
import { takeReports } from '../../../scripts/coverage/process-reports.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const { NODE_OPTIONS: _, NODE_V8_COVERAGE: _coverage, ...env } = process.env;
const { scripts }: { scripts: Record<string, string> } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));

let folder: string;
beforeAll(async () => {
  folder = await makeTestFolder();
});
afterAll(() => rm(folder, { recursive: true }));

const targets = [
  ...['start', 'send-image', 'test', 'unit-tests', 'integration-tests', 'test-image', 'coverage', 'build', 'images'],
  ...['run-api', 'run-worker', 'docs', 'bench', 'hooks'],
];
const hasMake = spawnSync('make', ['--version']).status === 0;

(hasMake ? describe : describe.skip)('make', () => {
  const make = async (...args: string[]) => (await run('make', args, { cwd: root, env })).stdout;

  test('when nothing is asked for, then it lists what there is', async () => {
    const names = (await make())
      .trim()
      .split('\n')
      .map((line) => /^(\S+) +\S/.exec(line)?.[1]);
    expect(names).toEqual(['help', ...targets]);
  });

  test.each(targets)('when %s is asked for, then it leads to commands and files that are there', async (target) => {
    const commands = (await make('-n', target)).trim().split('\n');
    for (const command of commands) {
      const [, script] = /^npm (?:run )?([\w:-]+)/.exec(command) ?? [];
      if (script !== undefined) expect(scripts[script]).toEqual(expect.any(String));
      for (const [, path = ''] of command.matchAll(/(?:^|[ @])([\w./-]*\w\.(?:mjs|ts|jpg|test))(?= |'|$)/g)) {
        await expect(readFile(join(root, path))).resolves.toBeInstanceOf(Buffer);
      }
    }
    expect(commands.join()).toMatch(/^(npm|node|curl|docker) /);
  });

  test('when arguments are given, then they are handed on', async () => {
    expect(await make('-n', 'bench', 'ARGS=--suite backlog')).toBe('npm run bench -- --suite backlog\n');
    expect(await make('-n', 'images', 'ARGS=--tag 1.2.3')).toBe('npm run images -- --tag 1.2.3\n');
  });

  test('when a test file is there, then it belongs to the unit tests or to the integration tests', async () => {
    const [, units = ''] = /npm test -- '(.*)'/.exec(await make('-n', 'unit-tests')) ?? [];
    expect(await make('-n', 'integration-tests')).toBe(`npm test -- --testPathIgnorePatterns '${units}'\n`);
    const files = await Promise.all(
      (await readdir(join(root, 'packages'))).map((room) =>
        readdir(join(root, 'packages', room, 'test')).catch(() => []),
      ),
    );
    const rooms = (await readdir(join(root, 'packages'))).filter((_room, at) => (files[at] ?? []).length > 0);
    const named = rooms.filter((room) => new RegExp(units).test(`packages/${room}/test/`));
    expect(named.length).toBe(/\((.*)\)/.exec(units)?.[1]?.split('|').length);
    for (const room of named) {
      const { stdout } = await run('grep', ['-rlE', 'startTintype|startRedis', `packages/${room}/test`], {
        cwd: root,
      }).catch(() => ({ stdout: '' }));
      expect([room, stdout]).toEqual([room, '']);
    }
  });

  test('when an API and a worker are run alone, then each of them serves, and ends with its signal', async () => {
    const redis = await startRedis({ dataDir: join(folder, 'redis') });
    const [port, healthPort] = [await freePort(), await freePort()];
    const settings = {
      ...{ REDIS_URL: redis.url, STORAGE: `disk:${folder}/blobs`, ENV_FILE: '/dev/null' },
      ...{ HOST: '127.0.0.1', PORT: String(port), HEALTH_PORT: String(healthPort), HEALTH_HOST: '127.0.0.1' },
    };
    const children = ['run-api', 'run-worker'].map((target) =>
      spawn('make', [target], { cwd: root, env: { ...env, ...settings }, detached: true, stdio: 'ignore' }),
    );
    const ends = children.map((child) => new Promise((resolve) => child.once('exit', resolve)));
    try {
      for (const url of [`http://127.0.0.1:${port}/readyz`, `http://127.0.0.1:${healthPort}/readyz`]) {
        while (!(await fetch(url).catch(() => null))?.ok) await new Promise((resolve) => setTimeout(resolve, 50));
      }
    } finally {
      // As Ctrl-C does: to all of the group.
      for (const { pid = 0 } of children) process.kill(-pid, 'SIGINT');
      await Promise.all(ends);
      await redis.stop();
    }
  });
});

describe('npm run coverage', () => {
  test('when a process ends, then the lines that it has run are counted, and no comment, bracket or unused function', async () => {
    const source = [
      '/** A comment. */',
      'type Shape = { sides: number };',
      'function used(shape: Shape): number {',
      '  if (shape.sides < 0) {',
      '    return -1;',
      '  }',
      '  // Why.',
      '  return shape.sides;',
      '}',
      'function unused(): void {',
      '  used({ sides: 4 });',
      '}',
      'used({ sides: 3 });',
    ].join('\n');
    const path = join(folder, 'shape.ts');
    const reports = join(folder, 'reports');
    await mkdir(reports);
    await writeFile(path, source);
    await run(process.execPath, [path], { env: { ...env, NODE_V8_COVERAGE: reports } });
    await writeFile(join(reports, 'half.json'), '{"result": [');
    const found: [string, number[]][] = [];
    await takeReports(reports, new Map([[path, source]]), (ofPath, lines) => found.push([ofPath, lines]));
    expect(codeLinesOf(source).map(({ number }) => number)).toEqual([2, 3, 4, 5, 8, 10, 11, 13]);
    expect(found).toEqual([[path, [2, 3, 4, 8, 13]]]);
    expect(await readdir(reports)).toEqual(['half.json']);
  });

  test('when it has run some tests, then it prints every package, and ends as they do', async () => {
    const command = ['--conditions=source', 'scripts/coverage/main.ts', 'packages/contracts/test/limits'];
    const { stdout } = await run(process.execPath, command, { cwd: root, env });
    const rows = [...stdout.matchAll(/^(\S+) +(\d+) +(\d+) +([\d.]+)$/gm)].map(([, name, lines, ran]) => ({
      name,
      lines: Number(lines),
      ran: Number(ran),
    }));
    const contracts = rows.find(({ name }) => name === 'packages/contracts');
    expect(contracts?.ran).toBeGreaterThan(10);
    expect(contracts?.ran).toBeLessThan(contracts?.lines ?? 0);
    expect(rows.find(({ name }) => name === 'services/api')).toMatchObject({ ran: 0 });
    expect(rows.at(-1)).toMatchObject({ name: 'all', ran: contracts?.ran });
    await expect(run(process.execPath, [...command.slice(0, 2), 'no-such-test'], { cwd: root, env })).rejects.toThrow();
  });
});

describe('npm run hooks', () => {
  test('when it is on, then a commit with wrong types or a broken rule is refused, and a good one goes through', async () => {
    const clone = join(folder, 'clone');
    const git = (...args: string[]) =>
      run('git', ['-c', 'user.name=A', '-c', 'user.email=a@example.com', ...args], { cwd: clone, env });
    await makeRepository(clone);
    await run('sh', ['-c', scripts.hooks ?? ''], { cwd: clone, env });
    const commitWith = async (text: string) => {
      await writeFile(join(clone, 'scripts/new-script.ts'), text);
      await git('add', '--all');
      await git('commit', '--quiet', '--message', 'test: a commit');
    };
    const opening = '/** A new script. */\n';
    await expect(commitWith(`${opening}export const count: number = 'one';\n`)).rejects.toMatchObject({
      stderr: expect.stringContaining('error TS2322'),
    });
    await expect(commitWith(`${opening}export const count: any = 1;\n`)).rejects.toMatchObject({
      stderr: expect.stringContaining('npm run format mends most of it.'),
    });
    await commitWith(`${opening}export const count = 1;\n`);
    expect((await git('log', '--format=%s')).stdout).toBe('test: a commit\n');
  });
});

describe('on Windows, where batch files cannot be started without a shell', () => {
  const command = async (surrounding: Record<string, string | undefined>) => {
    const script = "import { npxCommand } from './scripts/pnpm.mjs'; console.log(JSON.stringify(npxCommand('win32')))";
    const asked = await run('node', ['--input-type=module', '--eval', script], { cwd: root, env: surrounding });
    const [program = '', ...args]: string[] = JSON.parse(asked.stdout);
    return { program, args };
  };

  test('when npm starts a command of ours, then npx is run by Node from npm’s own file, and answers', async () => {
    const asked = await run('npm', ['exec', '--call', 'node -p process.env.npm_execpath'], { cwd: root, env });
    const { program, args } = await command({ ...env, npm_execpath: asked.stdout.trim() });
    expect(args).toEqual([expect.stringMatching(/npx-cli\.js$/)]);
    const { stdout } = await run(program, [...args, '--version'], { env });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test('when there is no npm to be found, then that is what it says', async () => {
    // Node 24 of the tree has no npm beside it.
    const beside = { ...env, PATH: join(root, 'node_modules/node/bin'), npm_execpath: join(folder, 'pnpm.cjs') };
    await expect(command(beside)).rejects.toMatchObject({
      stderr: expect.stringContaining('npm was not found: start this by npm'),
    });
  });
});

/** What the hook needs of the tree, as a repository of its own; what is installed is the tree's. */
async function makeRepository(clone: string): Promise<void> {
  for (const path of [
    'package.json',
    'biome.json',
    'tsconfig.json',
    'tsconfig.base.json',
    '.gitignore',
    'scripts/hooks',
  ]) {
    await cp(join(root, path), join(clone, path), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(clone, 'node_modules'));
  await run('git', ['init', '--quiet'], { cwd: clone });
}
