/** Peers in Python, from Debian's packages. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { parse } from '@tintype/contracts';
import Type from 'typebox';
import type { Installed, Missing } from './peer.ts';
import { peersFolder } from './peer-process.ts';

/** Debian's own: another one on PATH has none of its packages. Nothing is written beside the programs. */
export const python = ['/usr/bin/python3', '-B'] as const;

const packages: Record<string, string> = {
  PIL: 'python3-pil',
  gunicorn: 'gunicorn',
};
/** They make the rivals faster where they are installed. */
const accelerators = ['uvloop', 'httptools', 'hiredis'];
const Versions = Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]));

/** Debian's package with a Python module. */
export function packageOf(module: string): string {
  return packages[module] ?? `python3-${module}`;
}

/** Imports the modules to see whether they are there. */
export async function lookForModules(modules: readonly string[]): Promise<Installed | Missing> {
  const [program, ...options] = python;
  const wanted = [...modules, ...accelerators];
  const told = await promisify(execFile)(program, [...options, 'versions.py', ...wanted], { cwd: peersFolder }).catch(
    () => null,
  );
  return judgeModules(modules, told === null ? {} : parse(Versions, JSON.parse(told.stdout)));
}

/** What is there, or what to install; accelerators may be missing. */
export function judgeModules(modules: readonly string[], told: Record<string, string | null>): Installed | Missing {
  const missing = modules.filter((module) => typeof told[module] !== 'string');
  if (missing.length > 0) return { missing, install: `apt-get install ${missing.map(packageOf).join(' ')}` };
  const present = Object.entries(told).flatMap(([name, version]) => (version === null ? [] : [[name, version]]));
  return { versions: Object.fromEntries(present) };
}
