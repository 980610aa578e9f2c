/** The sources of a released version, ready to run beside these: a worktree of its commit, installed. */
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { makeTestFolder } from '@tintype/testkit';

export type ReleasedCheckout = { root: string; remove(): Promise<void> };

const repository = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);

/** Whether a commit is in this clone; a shallow one has few. */
export function isInClone(commit: string): boolean {
  return spawnSync('git', ['cat-file', '-e', `${commit}^{commit}`], { cwd: repository }).status === 0;
}

/**
 * Takes a second where pnpm has the packages in its store already. No install script runs: what runs is started by this
 * very Node.
 */
export async function checkOut(commit: string): Promise<ReleasedCheckout> {
  const folder = await makeTestFolder();
  const root = `${folder}/checkout`;
  const remove = async () => {
    await run('git', ['worktree', 'remove', '--force', root], { cwd: repository });
    await rm(folder, { recursive: true, force: true });
  };
  await run('git', ['worktree', 'add', '--detach', root, commit], { cwd: repository });
  try {
    const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
    const services = ['--filter', '@tintype/api...', '--filter', '@tintype/worker...'];
    const options = ['--prod', '--frozen-lockfile', '--prefer-offline', '--ignore-scripts', ...services];
    const { NODE_OPTIONS: _ofJest, ...env } = process.env;
    await run('npx', ['--yes', packageManager, 'install', ...options], { cwd: root, env: { ...env, CI: 'true' } });
  } catch (err) {
    await remove();
    throw err;
  }
  return { root, remove };
}
