/** How many threads libuv's pool needs, so that nothing waits in its own line, which knows no tenants. */

/** Pictures decoded beside WORKER_CONCURRENCY, for a tenant of which nothing is decoded while others keep all slots. */
export const reservedSlots = 1;
/** Files are read and written beside all pictures. */
const threadsForFiles = 2;

/**
 * One for each picture that may be decoded or encoded at once: in a smaller pool four long encodings kept every file of
 * every tenant waiting. The system shares the cores among them.
 */
export function threadsFor(concurrency: number): number {
  return concurrency + reservedSlots + threadsForFiles;
}
