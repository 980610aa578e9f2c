/** The key of this machine: made at the first start, kept in the data folder, for what always needs one. */
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';

/** The secret in `<dataDir>/admin-key`, which only its owner can read. */
export async function localAdminKey(dataDir: string): Promise<string> {
  const path = `${dataDir}/admin-key`;
  const fresh = randomBytes(24).toString('base64url');
  try {
    await writeFile(path, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
    return fresh;
  } catch {
    return (await readFile(path, 'utf8')).trim();
  }
}
