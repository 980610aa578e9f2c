/** Where and with what was measured. */
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { parse } from '@tintype/contracts';
import sharp from 'sharp';
import Type from 'typebox';

export type Machine = {
  cpu: string;
  cores: number;
  memoryBytes: number;
  kernel: string;
  /** Mean number of processes that wanted to run in the minute before: above about 0.3, others were at work. */
  loadBefore: number;
};

export type Versions = { node: string; sharp: string; libvips: string; redis: string; bullmq: string; fastify: string };

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: release(),
    loadBefore: loadavg()[0] ?? Number.NaN,
  };
}

/** Versions of what does the work; Redis tells its own when it has been started. */
export function readVersions(redis: string): Versions {
  return {
    node: process.version.slice(1),
    sharp: sharp.versions.sharp ?? 'unknown',
    libvips: sharp.versions.vips,
    redis,
    bullmq: installedVersion('packages/jobs', 'bullmq'),
    fastify: installedVersion('services/api', 'fastify'),
  };
}

export const PackageFile = Type.Object({ version: Type.String() });

/** The version that a workspace folder really has, not the one that it asks for. */
function installedVersion(folder: string, name: string): string {
  const file = new URL(`../../${folder}/node_modules/${name}/package.json`, import.meta.url);
  return parse(PackageFile, JSON.parse(readFileSync(file, 'utf8'))).version;
}
