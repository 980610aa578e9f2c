/** Threads of libuv's pool: libvips works in them, and files are opened, read and renamed. */

/** Pictures decoded beside WORKER_CONCURRENCY, for a tenant of which nothing is decoded while others keep all slots. */
export const reservedSlots = 1;
/** Files are read and written beside all pictures. */
const threadsForFiles = 2;

/**
 * One for each picture that may be decoded or encoded at once, so that nothing waits in the pool's own line, which knows
 * no tenants: four long encodings kept every file of every tenant waiting. The system shares the cores among them.
 * Must be called before libvips is loaded, which starts the pool; `UV_THREADPOOL_SIZE` of the environment counts more.
 */
export function sizeThreadPool(concurrency: number): void {
  process.env.UV_THREADPOOL_SIZE ??= String(concurrency + reservedSlots + threadsForFiles);
}
