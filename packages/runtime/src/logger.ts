/** The logger of a process: JSON lines by pino, with the process's name in each. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** A logger that writes one JSON object per line to standard output; levels as words, times as RFC 3339. */
export function createLogger(options: { name: string; level: string }): Logger {
  return pino({
    name: options.name,
    level: options.level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause },
  });
}
