/** Where the Redis program comes from, on made-up machines: folders as PATH, shell scripts as package system. */
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findRedisProgram } from '../src/find-redis-program.ts';
import { ServerUnavailable } from '../src/index.ts';

let folder: string;
let path: string;
let cacheDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-test-'));
  path = join(folder, 'bin');
  cacheDir = join(folder, 'cache');
  await mkdir(path);
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function addProgram(name: string, script: string): Promise<string> {
  const file = join(path, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

describe('on the PATH', () => {
  test('redis-server comes first', async () => {
    const file = await addProgram('redis-server', 'echo "Redis server v=7.2.4 sha=00000000:0 malloc=libc bits=64"');
    await addProgram('valkey-server', 'echo "Valkey server v=8.1.1 sha=00000000:0"');
    expect(await findRedisProgram({ path })).toEqual({ command: [file], version: '7.2.4', origin: 'path' });
  });

  test('valkey-server is taken where redis-server does not run or is no program', async () => {
    await addProgram('redis-server', 'echo "cannot open shared object file" >&2; exit 127');
    const file = await addProgram('valkey-server', 'echo "Valkey server v=8.1.1 sha=00000000:0"');
    await mkdir(join(folder, 'redis-server'));
    const search = { path: `${folder}::/nowhere:${path}`, cacheDir };
    expect(await findRedisProgram(search)).toEqual({ command: [file], version: '8.1.1', origin: 'path' });
  });
});

test('with an empty PATH and no apt, one line says what to install', async () => {
  const failure = await findRedisProgram({ path: '', cacheDir }).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ServerUnavailable);
  expect(failure).toMatchObject({ message: expect.stringMatching(/^.*apt install redis-server.*REDIS_URL.*$/) });
});

describe("from the distribution's packages", () => {
  const debianTree = [
    ...['redis-server', '  Depends: redis-tools', 'redis-tools', '  Depends: libc6', '  Depends: liblzf1'],
    ...[' |Depends: libone', '  Depends: libother', '  Depends: adduser', '  Depends: <libvirtual>'],
    ...['libc6', 'liblzf1', 'libone', 'libother', 'adduser', '  Depends: libunrelated', 'libunrelated', '<libvirtual>'],
  ];

  /** `$log` gets one line per call of apt-get; a download makes empty archives; unpacking the tools makes a program. */
  async function addPackageSystem(tree: string[], { hasLists = true, program = 'redis-server' } = {}): Promise<void> {
    await writeFile(join(folder, 'tree'), `${tree.join('\n')}\n`);
    await addProgram(
      'apt-cache',
      `case "$*" in
        *Dir::State::Lists=*) ;;
        *) ${hasLists ? ':' : 'exit 100'} ;;
      esac
      for package; do :; done
      grep -qx "$package" ${folder}/tree && cat ${folder}/tree || exit 100`,
    );
    await addProgram(
      'apt-get',
      `while [ "$1" = -o ]; do shift 2; done
      echo "$*" >> ${folder}/log
      [ "$1" = download ] || exit 100
      shift
      for package; do : > "$package.deb"; done`,
    );
    await addProgram(
      'dpkg',
      `[ "$1" = --print-architecture ] && exec echo test64
      case "$2" in
        */${program.replace('-server', '-tools')}.deb) ;;
        *) exit 0 ;;
      esac
      mkdir -p "$3/usr/bin" "$3/usr/lib/test-linux-gnu"
      printf '#!/bin/sh\\necho "Redis server v=9.8.7 $LD_LIBRARY_PATH"\\n' > "$3/usr/bin/${program}"
      chmod 755 "$3/usr/bin/${program}"`,
    );
    await addProgram('dpkg-query', 'printf "installed libc6\\nnot-installed liblzf1\\n"');
  }

  const aptCalls = async () => (await readFile(join(folder, 'log'), 'utf8')).trim().split('\n');

  test('the program, its tools and the missing libraries are unpacked, once', async () => {
    await addPackageSystem(debianTree);
    const progress: string[] = [];
    const search = { path, cacheDir, onProgress: (line: string) => progress.push(line) };
    const first = await findRedisProgram(search);
    expect(first).toMatchObject({ version: '9.8.7', origin: 'debian-package' });
    expect(first.command).toContainEqual(expect.stringMatching(/^LD_LIBRARY_PATH=.*test64\/usr\/lib\/test-linux-gnu$/));
    expect(await findRedisProgram(search)).toEqual(first);
    expect(await aptCalls()).toEqual(['download redis-server redis-tools liblzf1 libone']);
    expect(progress).toHaveLength(1);
  });

  test('valkey is taken where the distribution has no redis', async () => {
    const tree = ['valkey-server', '  Depends: valkey-tools', 'valkey-tools'];
    await addPackageSystem(tree, { program: 'valkey-server' });
    const { command } = await findRedisProgram({ path, cacheDir });
    expect(command.at(-1)).toMatch(/usr\/bin\/valkey-server$/);
  });

  test('package lists are fetched when the machine has none, although the update has complaints', async () => {
    await addPackageSystem(debianTree, { hasLists: false });
    expect(await findRedisProgram({ path, cacheDir })).toMatchObject({ version: '9.8.7' });
    expect(await aptCalls()).toEqual(['update', expect.stringMatching(/^download /)]);
  });

  test('several processes at once all find it, and one folder is left', async () => {
    await addPackageSystem(debianTree);
    const found = await Promise.all([1, 2, 3, 4].map(() => findRedisProgram({ path, cacheDir })));
    expect(new Set(found.map(({ command }) => command.join(' '))).size).toBe(1);
    expect(await readdir(cacheDir)).toEqual([expect.stringMatching(/^redis-.*-test64$/)]);
  });

  test('a folder that does not run any more is replaced', async () => {
    await addPackageSystem(debianTree);
    const { command } = await findRedisProgram({ path, cacheDir });
    await writeFile(command.at(-1) ?? '', 'damaged');
    expect(await findRedisProgram({ path, cacheDir })).toMatchObject({ version: '9.8.7' });
    expect(await readdir(cacheDir)).toHaveLength(1);
  });

  test("a failure is told in apt's words and leaves nothing behind", async () => {
    await addPackageSystem(debianTree);
    await addProgram('apt-get', 'echo "E: Failed to fetch pool/redis.deb" >&2; echo "W: more" >&2; exit 100');
    const failure = await findRedisProgram({ path, cacheDir }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ServerUnavailable);
    expect(failure).toMatchObject({ message: expect.stringContaining('E: Failed to fetch pool/redis.deb') });
    expect(await readdir(cacheDir)).toEqual([]);
  });
});
