/** Where and with what was measured. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { extractionVersion } from '@tintype/colour';
import { parse } from '@tintype/contracts';
import sharp from 'sharp';
import Type from 'typebox';

export type Machine = {
  cpu: string;
  cores: number;
  kernel: string;
  /** Mean number of processes that wanted to run in the minute before: above about 0.3, others were at work. */
  loadBefore: number;
  versions: Record<string, string>;
};

const rivals = ['colorthief', 'node-vibrant', 'extract-colors'];

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    kernel: release(),
    loadBefore: loadavg()[0] ?? Number.NaN,
    versions: {
      node: process.version.slice(1),
      sharp: sharp.versions.sharp ?? 'unknown',
      libvips: sharp.versions.vips,
      extraction: String(extractionVersion),
      ...Object.fromEntries(rivals.map((name) => [name, installedVersion(name)])),
    },
  };
}

const PackageFile = Type.Object({ version: Type.String() });

/** The version that is really installed, not the one that is asked for. */
function installedVersion(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return parse(PackageFile, JSON.parse(readFileSync(file, 'utf8'))).version;
}
