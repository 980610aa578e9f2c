/** The process behind the command line: signals, exit codes, and where words go. */
import { CommanderError } from 'commander';
import { createCommandLine } from './command-line.ts';
import { readEnvironment } from './config.ts';
import { importCommand } from './import/import-command.ts';
import { WrongUsage } from './wrong-usage.ts';

const wrongUsageCode = 2;
/** As shells number them: 128 and the signal. */
const codeOfSignal = { SIGINT: 130, SIGTERM: 143 } as const;

const { url, key } = readEnvironment();
const interrupting = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupting.abort(codeOfSignal[signal]));
}

try {
  const program = createCommandLine({
    url,
    key,
    async onImport(options) {
      const { stdout, stderr } = process;
      const code = await importCommand(options, {
        base: process.cwd(),
        stdout,
        stderr,
        interrupted: interrupting.signal,
      });
      const { aborted, reason } = interrupting.signal;
      process.exitCode = aborted && typeof reason === 'number' ? reason : code;
    },
  });
  await program.parseAsync();
} catch (err) {
  process.exitCode = exitCodeOf(err);
}

function exitCodeOf(err: unknown): number {
  if (err instanceof CommanderError) return err.exitCode === 0 ? 0 : wrongUsageCode; // it has said so itself
  if (!(err instanceof WrongUsage)) throw err;
  process.stderr.write(`${err.message}\n`);
  return wrongUsageCode;
}
