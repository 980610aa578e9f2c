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

/** Ends the process when the installation fails; pnpm has said why by then. */
export async function installOnce() {
  const wanted = lockHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing dependencies …');
  const code = await pnpm(['install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error']);
  if (code !== 0) process.exit(code);
  writeFileSync(stamp, wanted);
}
