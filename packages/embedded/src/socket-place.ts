/** Where a server's unix socket lies: in its data folder, or in a short folder elsewhere when that path is too long. */
import { chown, mkdtemp, readlink, rm, rmdir, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ServerUser } from './server-user.ts';

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the closing zero (unix(7)). */
const MAX_SOCKET_PATH_BYTES = 100;
const FOLDER_PREFIX = 'tintype-';

export type SocketPlace = {
  /** What the server binds and clients connect to. The server itself replaces a crashed one's leftover. */
  path: string;
  /** Says in the data folder where the socket is. Only for the owner of the folder: call it once the server answers. */
  announce(): Promise<void>;
  /** Removes what was made for it, after the server's end. Never rejects: a leftover hinders nobody. */
  release(): Promise<void>;
};

/** The socket that the last start on this folder has announced, whether or not somebody still listens there. */
export async function announcedSocket(dataDir: string, name: string): Promise<string> {
  const path = join(dataDir, name);
  return (await linkTarget(path)) ?? path;
}

/**
 * A path for the socket. When the data folder's path is too long, it is in a new folder (0700) under the temporary
 * one, and a link in the data folder announces it. A server that runs as another user is given that folder.
 */
export async function makeSocketPlace(dataDir: string, name: string, user?: ServerUser): Promise<SocketPlace> {
  const link = join(dataDir, name);
  if (fits(link)) return { path: link, announce: async () => undefined, release: async () => undefined };
  const folder = await mkdtemp(join(shortTemporaryFolder(name), FOLDER_PREFIX));
  if (user) await chown(folder, user.uid, user.gid);
  const path = join(folder, name);
  return {
    path,
    announce: async () => {
      const leftover = await linkTarget(link);
      if (leftover !== undefined) await removeSocket(leftover);
      await rm(link, { force: true });
      await symlink(path, link);
    },
    release: async () => {
      if ((await linkTarget(link)) === path) await rm(link, { force: true }).catch(() => undefined);
      await removeSocket(path).catch(() => undefined);
    },
  };
}

async function linkTarget(link: string): Promise<string | undefined> {
  return await readlink(link).catch(() => undefined);
}

/** The socket, its lock (PostgreSQL makes one), and the folder, which stays when anything else lies in it. */
async function removeSocket(path: string): Promise<void> {
  await Promise.all([path, `${path}.lock`].map((file) => rm(file, { force: true })));
  await rmdir(dirname(path)).catch(() => undefined);
}

/** A client takes `path?db=2` as an address, so a question mark in the path would be misread. */
function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH_BYTES && !path.includes('?');
}

function shortTemporaryFolder(name: string): string {
  return fits(join(tmpdir(), `${FOLDER_PREFIX}XXXXXX`, name)) ? tmpdir() : '/tmp';
}
