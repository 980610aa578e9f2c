// Runs the pinned pnpm with the given arguments on any machine that has Node.js >= 18 and npm.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = new URL('..', import.meta.url);
const { packageManager } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));

/**
 * The program that runs npx, and its first arguments. On Windows that is Node with npm's own file: `npx.cmd` is a batch
 * file, which Node refuses to start without a shell (EINVAL), and a shell would read the arguments once more.
 */
export function npxCommand(platform = process.platform, env = process.env) {
  if (platform !== 'win32') return ['npx'];
  const places = [
    ...(env.npm_execpath ? [dirname(env.npm_execpath)] : []),
    join(dirname(process.execPath), 'node_modules/npm/bin'),
  ];
  const file = places.map((folder) => join(folder, 'npx-cli.js')).find((path) => existsSync(path));
  if (file === undefined) throw new Error('npm was not found: start this by npm, as `npm start` or `npm test` do.');
  return [process.execPath, file];
}

/** Runs `pnpm …args` in the repository's root; resolves with its exit code. What it says goes to `onText`, if there is one. */
export function pnpm(args, options = {}) {
  return new Promise((resolve, reject) => {
    const { onText } = options;
    const [program, ...first] = npxCommand();
    const child = spawn(program, [...first, '--yes', packageManager, ...args], {
      cwd: root,
      stdio: onText ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', ...options.env },
    });
    for (const stream of onText ? [child.stdout, child.stderr] : []) stream.setEncoding('utf8').on('data', onText);
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(signal ? 1 : (code ?? 1)));
  });
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split(/[\\/]/).pop())) {
  process.exitCode = await pnpm(process.argv.slice(2));
}
