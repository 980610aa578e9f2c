/** Makes a folder, wherever a setting says that it is. */
import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * With those above it that are missing. Not by `mkdir`'s own `recursive`: that never ends where the system refuses a
 * folder by saying that there is none, as /proc does. Throws the system's own error.
 */
export function makeFolder(path: string): void {
  if (tryToMake(path)) return;
  makeFolder(dirname(path));
  if (!tryToMake(path)) mkdirSync(path); // throws what is wrong
}

/** False when the folder above it is missing. */
function tryToMake(path: string): boolean {
  try {
    mkdirSync(path);
    return true;
  } catch (err) {
    const code = typeof err === 'object' && err !== null && 'code' in err ? err.code : null;
    if (code === 'EEXIST' && statSync(path).isDirectory()) return true;
    if (code === 'ENOENT' && dirname(path) !== path) return false;
    throw err;
  }
}
