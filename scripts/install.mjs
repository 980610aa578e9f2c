// Installs the exact dependencies of the lock file, quietly, and only when they have changed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { pnpm } from './pnpm.mjs';

const root = new URL('..', import.meta.url);
const stamp = new URL('node_modules/.tintype-installed', root);

function lockHash() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'])
    hash.update(readFileSync(new URL(file, root)));
  return hash.digest('hex');
}

/** What npm and pnpm say when there is no way to the registry. */
const noWay = /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|ERR_SOCKET_TIMEOUT)\b/;

/** A sentence where the registry is away; else all that npm or pnpm have said. */
function reasonOf(text) {
  const [code] = noWay.exec(text) ?? [];
  if (code === undefined) return text.trim();
  return `The npm registry cannot be reached (${code}): look at the network and at \`npm config get registry\`, then start again.`;
}

/** Ends the process when the installation fails, and says why. */
export async function installOnce() {
  const wanted = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing dependencies …');
  let text = '';
  const onText = (piece) => {
    text += piece;
  };
  const code = await pnpm(['install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'], { onText });
  if (code !== 0) {
    console.error(reasonOf(text));
    process.exit(code);
  }
  writeFileSync(stamp, wanted);
}
