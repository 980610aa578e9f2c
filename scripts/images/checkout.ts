/** What an image says of the sources that it was made of. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

export type Checkout = {
  version: string;
  /** Of the commit; with `-dirty` when there are changes that are not committed; empty without git. */
  commit: string;
  /** The web address of the repository; empty where there is none. */
  source: string;
};

const Manifest = Compile(Type.Object({ version: Type.String() }));

export async function readCheckout(root: string): Promise<Checkout> {
  const git = async (...args: string[]) => {
    try {
      return (await promisify(execFile)('git', args, { cwd: root })).stdout.trim();
    } catch {
      return null;
    }
  };
  const [manifest, commit, changes, remote] = await Promise.all([
    readFile(join(root, 'package.json'), 'utf8'),
    git('rev-parse', 'HEAD'),
    git('status', '--porcelain'),
    git('remote', 'get-url', 'origin'),
  ]);
  return {
    version: Manifest.Parse(JSON.parse(manifest)).version,
    commit: commit === null ? '' : `${commit}${changes ? '-dirty' : ''}`,
    source: webAddress(remote ?? ''),
  };
}

/** `git@host:you/tintype.git` and `https://token@host/you/tintype.git` → `https://host/you/tintype`. */
export function webAddress(remote: string): string {
  const [, host, path] =
    /^(?:https:\/\/|ssh:\/\/)(?:[^@/]*@)?([\w.-]+)(?::\d+)?\/(.+)$/.exec(remote) ??
    /^(?:[^@/]*@)?([\w.-]+):(?!\/\/)(.+)$/.exec(remote) ??
    [];
  return host && path ? `https://${host}/${path.replace(/\.git\/?$|\/$/, '')}` : '';
}
