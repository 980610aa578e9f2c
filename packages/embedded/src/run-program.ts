/** Runs a program to its end and keeps what it printed. */
import { execFile } from 'node:child_process';
import type { ServerUser } from './server-user.ts';

export type RunOptions = {
  /** Working folder; ours by default. */
  cwd?: string;
  /** The program is killed after this time. */
  timeoutMs?: number;
  /** Who it runs as; as whom we run by default. */
  user?: ServerUser | undefined;
};

/** `ok` is false for an exit code other than 0, for a signal, and for a program that could not be run at all. */
export type RunResult = { ok: boolean; stdout: string; stderr: string };

/** Runs `command` without a shell and with our environment. Never rejects. */
export function runProgram(command: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const [program = '', ...args] = command;
  const { cwd, timeoutMs = 60_000, user } = options;
  return new Promise((resolve) => {
    execFile(program, args, { ...user, cwd, timeout: timeoutMs, maxBuffer: 16 << 20 }, (error, stdout, stderr) => {
      resolve({ ok: error === null, stdout, stderr: stderr || (error?.message ?? '') });
    });
  });
}
