/** Ends a process well: the steps of a stop run once, in order, inside a time limit. */
import type { Logger } from './logger.ts';

export type StopStep = { name: string; stop: () => Promise<unknown> };

export type GracefulStopOptions = {
  logger: Logger;
  /** Longest time from the signal to the exit; then the process is ended with code 1. */
  timeoutMs: number;
  /**
   * What to do, in this order: readiness off, stop taking, finish, close connections. Asked for when the stop begins.
   */
  steps: () => StopStep[];
};

/**
 * Call it before anything is started, so that a process that waits for a dependency can be stopped too. Stops on
 * SIGTERM, SIGINT, or when the parent that holds our IPC channel is gone. An uncaught error is logged whole and ends
 * the process with code 1: a process in an unknown state must not go on.
 */
export function stopGracefully({ logger, timeoutMs, steps }: GracefulStopOptions): void {
  let stopping = false;
  const stop = async (reason: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    logger.info({ reason }, 'stopping');
    setTimeout(() => {
      logger.error({ timeoutMs }, 'did not stop in time');
      process.exit(1);
    }, timeoutMs).unref();
    for (const step of steps()) {
      try {
        await step.stop();
      } catch (err) {
        logger.error({ err, step: step.name }, 'a step of the stop failed');
      }
    }
    logger.info('stopped');
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop('SIGTERM'));
  process.once('SIGINT', () => void stop('SIGINT'));
  if (process.send) {
    process.once('disconnect', () => void stop('parent is gone'));
    process.channel?.unref();
    if (!process.connected) void stop('parent is gone'); // before we could listen
  }
  exitOnUncaughtErrors(logger);
}

function exitOnUncaughtErrors(logger: Logger): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (err: unknown) => {
      // Not `fatal`: pino would flush then, and that never returns when the reader of our output is gone.
      logger.error({ err }, event);
      process.exit(1);
    });
  }
}

/** Tells the parent that started us (when there is one) that we are ready to work. */
export function reportReady(): void {
  if (process.connected) process.send?.({ ready: true }, undefined, undefined, () => undefined);
}
