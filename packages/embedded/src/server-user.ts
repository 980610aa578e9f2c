/** As whom a server runs that refuses to run as root. */
import { stat } from 'node:fs/promises';

export type ServerUser = { uid: number; gid: number };

/** `nobody`, by its number: the name of its group differs between systems. */
const NOBODY: ServerUser = { uid: 65_534, gid: 65_534 };

/**
 * Undefined: as we do. Under root it is whoever the folder belongs to, so that a folder that was used without root goes
 * on; where there is none yet, or root's, `nobody`.
 */
export async function serverUser(folder: string): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(folder).catch(() => undefined);
  return owner === undefined || owner.uid === 0 ? NOBODY : { uid: owner.uid, gid: owner.gid };
}
