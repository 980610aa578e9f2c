/** Looks for a program in the folders of a PATH. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/**
 * The variable PATH. The one place that reads the environment: where programs lie is a fact of the machine, not a
 * setting of ours.
 */
export function environmentPath(): string {
  return process.env.PATH ?? '';
}

/** The first file of this name that may be executed; `path` is written as the variable PATH. */
export async function findExecutable(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (folder === '') continue; // POSIX reads it as the working folder: not a place to take programs from
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
