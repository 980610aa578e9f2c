/** The logger of a process: JSON lines by pino, with the process's name in each. */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

export type LoggerOptions = {
  name: string;
  level: string;
  /** Where lines go instead of standard output. */
  destination?: { write(line: string): void };
};

/**
 * A logger that writes one JSON object per line to standard output; levels as words, times as RFC 3339. Each line is
 * written at once: with lines held back, a process whose reader is gone would try for ever to write them on its exit.
 */
export function createLogger(options: LoggerOptions): Logger {
  const settings = {
    name: options.name,
    level: options.level,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { err: pino.stdSerializers.errWithCause },
  };
  const destination = options.destination ?? pino.destination({ fd: 1, sync: true });
  return pino(settings, { write: (line) => void destination.write(withoutQueries(line)) });
}

/** A query, in a line of JSON: up to a space, a quote or the end of a line of text. */
const query = /(?<=[^\s"])\?(?:\\[^nrt]|[^\s"\\])+/g;

/** Queries may be what signs a link, of ours or of a source: no line has one, whatever its level and its field. */
function withoutQueries(line: string): string {
  return line.includes('?') ? line.replace(query, '?(masked)') : line;
}

/** Lets the first of each second through: an outage is told, not counted. */
export function oncePerSecond<Told>(report: (told: Told) => void): (told: Told) => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return (told) => {
    if (performance.now() - lastMs < 1000) return;
    lastMs = performance.now();
    report(told);
  };
}
