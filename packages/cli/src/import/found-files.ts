/** Which files are looked at: those of a folder, or those of a list. */
import { open, readdir, realpath, stat } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { text } from 'node:stream/consumers';
import { WrongUsage } from '../wrong-usage.ts';

/** By its path below the folder, with `/` on every system. */
export type FoundFile = {
  path: string;
  /** Whether somebody has named it: it must be a picture then. */
  isListed: boolean;
};

export type FoundFiles = { files: FoundFile[] /** Links that lead out of the folder. */; outside: string[] };

/**
 * All files below the folder, by name. A link to a file inside of the folder is a file like others; what leads out of it
 * is told, and links to folders are not followed: what they lead to is met on its own.
 */
export async function filesBelow(folder: string, without: ReadonlySet<string>): Promise<FoundFiles> {
  const root = await realpath(folder).catch(() => {
    throw new WrongUsage(`${folder} is not there.`);
  });
  if (!(await stat(root)).isDirectory()) throw new WrongUsage(`${folder} is no folder.`);
  const found: FoundFiles = { files: [], outside: [] };
  const walk = async (below: string): Promise<void> => {
    const entries = await readdir(join(root, below), { withFileTypes: true });
    entries.sort((one, other) => (one.name < other.name ? -1 : 1));
    for (const entry of entries) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (without.has(join(root, path))) continue;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isSymbolicLink()) await follow(path);
      else if (entry.isFile()) found.files.push({ path, isListed: false });
    }
  };
  const follow = async (path: string): Promise<void> => {
    const target = await realpath(join(root, path)).catch(() => null);
    if (target === null || !target.startsWith(root.endsWith(sep) ? root : `${root}${sep}`)) found.outside.push(path);
    else if ((await stat(target)).isFile()) found.files.push({ path, isListed: false });
  };
  await walk('');
  return found;
}

/** One path a line, below the folder; `-` reads what is piped in. Blank lines and repeated ones say nothing. */
export async function filesListed(list: string, base: string): Promise<FoundFiles> {
  const lines = list === '-' ? await text(process.stdin) : await textIn(resolve(base, list), list);
  const paths = new Set(lines.split(/\r?\n/).map((line) => line.trim().replace(/^\.\//, '')));
  paths.delete('');
  return { files: [...paths].map((path) => ({ path, isListed: true })), outside: [] };
}

async function textIn(path: string, shown: string): Promise<string> {
  const file = await open(path).catch(() => {
    throw new WrongUsage(`${shown} is not there.`);
  });
  try {
    return (await file.readFile('utf8')).replace(/^\ufeff/, '');
  } finally {
    await file.close();
  }
}
