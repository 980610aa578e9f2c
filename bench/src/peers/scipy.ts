/** Colours by scipy's k-means over every pixel; no thumbnail, no service. */
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parse } from '@tintype/contracts';
import Type from 'typebox';
import { startRunSide } from '../run-side.ts';
import type { Peer } from './peer.ts';
import { startPeerProcess } from './peer-process.ts';
import { lookForModules, python } from './python.ts';

/** In a round: each takes half a second. */
const mostPictures = 16;
const RunReport = Type.Object({ elapsedMs: Type.Number(), timesMs: Type.Array(Type.Number()), failed: Type.Integer() });

export const scipy: Peer = {
  name: 'scipy',
  look: () => lookForModules(['scipy', 'numpy', 'PIL', 'requests']),
  async start(options) {
    const program = startPeerProcess([...python, 'scipy_kmeans.py']);
    const lines = createInterface({ input: program.stdout });
    const run = async (urls: string[]) => {
      const line = once(lines, 'line', { signal: AbortSignal.timeout(600_000) });
      program.stdin.write(`${JSON.stringify({ urls })}\n`);
      return parse(RunReport, JSON.parse(String((await line)[0])));
    };
    return startRunSide({ pid: program.pid, run, stop: program.stop }, options, mostPictures);
  },
};
