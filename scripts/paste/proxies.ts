/** The proxies of the documents as they stand there, but for ports and certificates: tried before a service that runs. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort, makeTestFolder } from '@tintype/testkit';

type Proxy = {
  program: string;
  /** What says that it is there. */
  version: string;
  /** The block within what else the program needs; `port` is where it listens, `folder` is all its own. */
  whole(block: string, port: number, folder: string): string;
  args(configPath: string, folder: string): string[];
};

const name = 'pictures.example.com';
const run = promisify(execFile);

/** By the language of their blocks. */
export const proxies: Record<string, Proxy> = {
  nginx: {
    program: 'nginx',
    version: '-v',
    whole: (block, port, folder) =>
      [
        ...(userInfo().uid === 0 ? ['user root;'] : []),
        `pid ${folder}/pid;\nevents {}\nhttp {\naccess_log off;`,
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${folder}/${kind};`),
        block.replace('listen 443', `listen 127.0.0.1:${port}`).replaceAll(`/etc/ssl/${name}`, `${folder}/${name}`),
        '}',
      ].join('\n'),
    args: (configPath, folder) => ['-p', folder, '-e', 'stderr', '-c', configPath, '-g', 'daemon off;'],
  },
  caddyfile: {
    program: 'caddy',
    version: 'version',
    whole: (block, port, folder) =>
      [
        `{\nadmin off\nhttps_port ${port}\nauto_https disable_redirects\nskip_install_trust`,
        `storage file_system ${folder}\n}`,
        block.replace(`${name} {`, `${name} {\ntls internal`),
      ].join('\n'),
    args: (configPath) => ['run', '--adapter', 'caddyfile', '--config', configPath],
  },
};

export function isThere({ program, version }: Proxy): boolean {
  return spawnSync(program, [version]).status === 0;
}

/** What is wrong when it stands before the service at `servicePort`; null when it does what the document promises. */
export async function tryProxy(proxy: Proxy, block: string, servicePort: number, photo: string) {
  const folder = await makeTestFolder();
  const port = await freePort();
  const configPath = join(folder, 'config');
  const text = proxy.whole(block.replaceAll('127.0.0.1:3000', `127.0.0.1:${servicePort}`), port, folder);
  await writeFile(configPath, text);
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', `/CN=${name}`],
    ...['-keyout', join(folder, `${name}.key`), '-out', join(folder, `${name}.pem`)],
  ]);
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn(proxy.program, proxy.args(configPath, folder), { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (piece: string) => {
    said += piece;
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  try {
    return await complaintAbout(port, photo, folder, () => child.exitCode === null);
  } catch (err) {
    return `${err instanceof Error ? err.message : err}\n${said}`;
  } finally {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

/** Asks through the proxy for what matters: a picture, a body as large as the service takes, and what is closed. */
async function complaintAbout(port: number, photo: string, folder: string, lives: () => boolean) {
  const curl = async (path: string, ...more: string[]) => {
    const url = `https://${name}:${port}${path}`;
    const { stdout } = await run('curl', ['-sSk', '--resolve', `${name}:${port}:127.0.0.1`, url, ...more]);
    return stdout;
  };
  for (let answer: string | null = null; answer === null; await sleep(50)) {
    if (!lives()) return 'It ended.';
    answer = await curl('/readyz').catch(() => null);
  }
  const made: { status?: string } = JSON.parse(await curl('/v1/thumbnails?wait=30', '-F', `file=@${photo}`));
  if (made.status !== 'completed') return `A picture through it is ${made.status}.`;
  // What stands behind the end of a picture is left alone.
  const largest = join(folder, 'largest');
  const bytes = await readFile(photo);
  await writeFile(largest, Buffer.concat([bytes, Buffer.alloc(25 * 1024 ** 2 - bytes.length)]));
  const answer = await curl('/v1/thumbnails?wait=30', '--data-binary', `@${largest}`);
  if (!answer.includes('"status":"completed"')) return `A body of 25 MiB is answered: ${answer}`;
  const closed = await curl('/metrics', '-o', '/dev/null', '-w', '%{http_code}');
  return closed === '404' ? null : `/metrics is answered with ${closed}.`;
}
