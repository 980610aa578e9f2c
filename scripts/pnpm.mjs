// Runs the pinned pnpm with the given arguments on any machine that has Node.js >= 18 and npm.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

const root = new URL('..', import.meta.url);
const { packageManager } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
const npx = process.platform === 'win32' ? 'npx.cmd' : 'npx';

/** Runs `pnpm …args` in the repository's root; resolves with its exit code. What it says goes to `onText`, if there is one. */
export function pnpm(args, options = {}) {
  return new Promise((resolve, reject) => {
    const { onText } = options;
    const child = spawn(npx, ['--yes', packageManager, ...args], {
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
