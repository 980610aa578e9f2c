/** Node processes of the bench itself: forked with an empty environment, spoken to by messages. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parse } from '@tintype/contracts';
import type { Static, TSchema } from 'typebox';

export type Forked = {
  pid: number;
  /** Sends a message, if there is one, and waits for the next answer. Rejects when the process ends instead. */
  ask<Answer extends TSchema>(answer: Answer, message?: Record<string, unknown>): Promise<Static<Answer>>;
  /** SIGTERM; resolves when the process is gone. */
  stop(): Promise<void>;
};

/** Starts a module of this folder. Nothing is inherited: a NODE_OPTIONS of ours would change what is measured. */
export function forkModule(file: string, args: string[] = [], env: Record<string, string> = {}): Forked {
  const child = fork(fileURLToPath(new URL(file, import.meta.url)), args, {
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
    env,
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    pid: child.pid ?? 0,
    async ask(answer, message) {
      const next = nextMessage(child, file);
      if (message !== undefined) child.send(message);
      return parse(answer, await next);
    },
    async stop() {
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function nextMessage(child: ChildProcess, file: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`${file} ended with code ${code}`));
    child.once('exit', onExit);
    child.once('message', (message) => {
      child.off('exit', onExit);
      resolve(message);
    });
  });
}
