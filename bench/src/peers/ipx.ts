/** ipx behind Node's HTTP server, from npm. It writes baseline JPEGs only. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@tintype/contracts';
import { PackageFile } from '../machine.ts';
import { onDemandPeer } from './on-demand.ts';
import type { Installed, Missing, Peer } from './peer.ts';
import { peersFolder } from './peer-process.ts';

export const ipx: Peer = onDemandPeer('ipx', look, {
  command: (port, originHost) => [process.execPath, 'ipx-server.mjs', String(port), `http://${originHost}`],
  readyPath: '/',
  pathOf: (source, { side, fit }) => `/fit_${fit},f_jpeg,q_80,s_${side}x${side}/${source}`,
});

async function look(): Promise<Installed | Missing> {
  const version = installedVersion('ipx');
  if (version === null) return { missing: ['ipx'], install: 'npm install --prefix bench/peers' };
  return { versions: { ipx: version, 'sharp (of ipx)': installedVersion('sharp') ?? 'unknown' } };
}

/** Null when it is not there. */
function installedVersion(name: string): string | null {
  try {
    const file = join(peersFolder, 'node_modules', name, 'package.json');
    return parse(PackageFile, JSON.parse(readFileSync(file, 'utf8'))).version;
  } catch {
    return null;
  }
}
