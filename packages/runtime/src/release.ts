/** What is running: the version of the package, and the commit that it was made of. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Type from 'typebox';
import { Compile } from 'typebox/compile';

export type Release = {
  version: string;
  /** Null where nobody knows: neither has the build said it nor is this a clone. */
  commit: string | null;
};

const Manifest = Compile(Type.Object({ version: Type.String() }));

/** `manifest`: the service's package.json; `service`: its folder in the repository; `built`: what its image says, which has no git. */
export async function readRelease(manifest: URL, service: string, built?: string): Promise<Release> {
  const { version } = Manifest.Parse(JSON.parse(await readFile(manifest, 'utf8')));
  return { version, commit: built ? built : await commitOfClone(fileURLToPath(new URL('.', manifest)), service) };
}

/** The commit that is checked out; null when the folder is not where it is in a clone of this repository. */
export async function commitOfClone(folder: string, service: string): Promise<string | null> {
  try {
    const asked = ['rev-parse', '--show-prefix', 'HEAD'];
    const { stdout } = await promisify(execFile)('git', asked, { cwd: folder });
    const [prefix, commit = ''] = stdout.split('\n');
    return prefix === `${service}/` && /^[0-9a-f]{40,64}$/.test(commit) ? commit : null;
  } catch {
    return null;
  }
}
