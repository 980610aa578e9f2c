// Installs the exact dependencies of the lock file, quietly, and only when they have changed.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { pnpm } from './pnpm.mjs';

const root = new URL('..', import.meta.url);
const stamp = new URL('node_modules/.tintype-installed', root);
/** Which packages pnpm thinks are there: it never looks again for one that it left out. */
const installedLock = new URL('node_modules/.pnpm/lock.yaml', root);
/** Packages are chosen by this machine, and by `nodeVersion` of pnpm-workspace.yaml: the Node that calls does not matter. */
const machine = `${process.platform}-${process.arch}`;

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
  const wanted = `${lockHash()} ${machine}`;
  const found = existsSync(stamp) ? readFileSync(stamp, 'utf8') : undefined;
  if (found === wanted) return;
  console.log('Installing dependencies …');
  // Made on another machine, or before markers named one: under Node 18 pnpm left out what sharp needs.
  if (found !== undefined && !found.endsWith(` ${machine}`)) rmSync(installedLock, { force: true });
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
