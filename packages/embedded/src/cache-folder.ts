/** Where unpacked programs are kept between runs. */
import { constants } from 'node:fs';
import { access, lstat, mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

/** `wanted`, else `~/.cache/tintype`, else a folder under the temporary one when the home folder cannot be written. */
export async function cacheFolder(wanted?: string): Promise<string> {
  if (wanted !== undefined) {
    await mkdir(wanted, { recursive: true });
    return wanted;
  }
  try {
    const folder = join(homedir(), '.cache/tintype');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await access(folder, constants.W_OK);
    return folder;
  } catch {
    return await temporaryFolder();
  }
}

/**
 * For programs that another user than root is to run, whom the home folder is closed to: `wanted`, else
 * `/var/cache/tintype`, else a folder under the temporary one. Others may read them, and nothing more.
 */
export async function openCacheFolder(wanted?: string): Promise<string> {
  const folder = wanted ?? '/var/cache/tintype';
  try {
    await mkdir(folder, { recursive: true, mode: 0o755 });
    await access(folder, constants.W_OK);
    return folder;
  } catch {
    return await temporaryFolder('programs', 0o755);
  }
}

/** Everybody may write into the temporary folder, and we run what lies here: it must be ours, and closed to others. */
async function temporaryFolder(kind = 'cache', mode = 0o700): Promise<string> {
  const ourUid = process.getuid?.() ?? 0;
  const folder = join(tmpdir(), `tintype-${kind}-${ourUid}`);
  await mkdir(folder, { mode }).catch(() => undefined); // there already: looked at below
  const found = await lstat(folder);
  if (!found.isDirectory() || found.uid !== ourUid || (found.mode & 0o777 & ~mode) !== 0) {
    throw new Error(`${folder} is open to others: remove it`);
  }
  return folder;
}
