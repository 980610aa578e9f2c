/** imgproxy, a program in Go that was put on PATH, with the settings it comes with; it may fetch from this machine. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { onDemandPeer } from './on-demand.ts';
import type { Installed, Missing, Peer } from './peer.ts';
import { peerPath } from './peer-process.ts';

/** Each of them takes this word for a type of resizing. */
const resizing = { cover: 'fill', inside: 'fit' } as const;

export const imgproxy: Peer = onDemandPeer('imgproxy', look, {
  command: () => ['imgproxy'],
  env: (port) => ({
    IMGPROXY_BIND: `127.0.0.1:${port}`,
    IMGPROXY_ALLOW_LOOPBACK_SOURCE_ADDRESSES: 'true',
    IMGPROXY_LOG_LEVEL: 'error',
  }),
  readyPath: '/health',
  pathOf: (source, { side, fit }) =>
    `/unsafe/rs:${resizing[fit]}:${side}:${side}/q:80/plain/${encodeURIComponent(source)}@jpg`,
});

async function look(): Promise<Installed | Missing> {
  try {
    const { stdout } = await promisify(execFile)('imgproxy', ['version'], { env: { PATH: peerPath } });
    return { versions: { imgproxy: stdout.trim() } };
  } catch {
    return { missing: ['imgproxy'], install: 'see docs.imgproxy.net/installation' };
  }
}
