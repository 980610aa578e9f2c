/** A fresh clone, in which blocks are pasted one after the other. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Said } from './blocks.ts';

/** What a paste has come to. */
export type Outcome = Said & { code: number | null };

export type Clone = {
  folder: string;
  /** With the clone's own port in place of 3000, and its own project in place of `tintype` in the names of volumes. */
  paste(command: string): Promise<Outcome>;
  /** Starts what runs until it is told to stop; resolves when it says that it is ready, with what stops it. */
  pasteAndLeave(command: string, readyText: string): Promise<() => Promise<void>>;
  remove(): Promise<void>;
};

/** Compose's project: whatever else of Tintype runs on this machine is left alone. */
export const project = 'tintype-paste';

/**
 * Of the last commit in `root`: what is not committed is in no clone. `programs` is a folder that stands before all others
 * on the path, where there is one.
 */
export async function makeClone(root: string, port: number, programs?: string): Promise<Clone> {
  const parent = await mkdtemp(join(tmpdir(), 'tintype-paste-'));
  const folder = join(parent, 'tintype');
  await promisify(execFile)('git', ['clone', '--quiet', root, folder]);
  const env = readersEnvironment(root, port, programs);
  const ownNames = (command: string) =>
    command.replaceAll('localhost:3000', `localhost:${port}`).replaceAll('-v tintype_', `-v ${project}_`);
  // Started by no other shell (SHLVL), as in a container, it would read what is for interactive ones.
  const start = (command: string, detached: boolean) =>
    spawn('bash', ['--norc', '-euc', ownNames(command)], {
      cwd: folder,
      env,
      detached,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return {
    folder,
    paste: (command) => outcomeOf(start(command, false)),
    async pasteAndLeave(command, readyText) {
      const child = start(command, true);
      const ended = outcomeOf(child);
      const ready = new Promise<void>((resolve) => {
        let text = '';
        child.stdout?.on('data', (piece: string) => {
          text += piece;
          if (text.includes(readyText)) resolve();
        });
      });
      const early = ended.then(({ stdout, stderr }) => {
        throw new Error(`It ended before it was ready:\n${stdout}${stderr}`);
      });
      await Promise.race([ready, early]);
      early.catch(() => undefined);
      return async () => {
        // As Ctrl-C does: to all of the group.
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGINT');
        await ended;
      };
    },
    remove: () => rm(parent, { recursive: true, force: true }),
  };
}

/** That of whoever calls, without what npm and pnpm tell the commands that they run. */
function readersEnvironment(root: string, port: number, programs?: string): NodeJS.ProcessEnv {
  const { NODE_OPTIONS: _, NODE_COMPILE_CACHE: _cache, PATH = '', ...inherited } = process.env;
  const told = /^(npm_(lifecycle|package)_|p?npm_config_verify_deps_before_run$)/i;
  const env = Object.fromEntries(Object.entries(inherited).filter(([name]) => !told.test(name)));
  const path = PATH.split(':').filter((place) => !place.startsWith(join(root, 'node_modules')));
  const own = { PORT: String(port), COMPOSE_PROJECT_NAME: project, TINTYPE_IMAGE: project, COMPOSE_PROGRESS: 'quiet' };
  return { ...env, ...own, PATH: [programs ?? [], path].flat().join(':') };
}

function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (piece: string) => {
      said[name] += piece;
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...said, code }));
  });
}
