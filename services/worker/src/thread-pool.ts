/** How many threads libuv's pool needs, so that nothing waits in its own line, which knows no tenants. */

/** Pictures made beside the slots of each kind, for a tenant of which none is made while others keep all of them. */
export const reservedSlots = 1;
/** Files are read and written beside all pictures. */
const threadsForFiles = 2;

/**
 * One for each picture that may be decoded or encoded at once: in a smaller pool four long encodings kept every file of
 * every tenant waiting. The system shares the cores among them.
 */
export function threadsFor({ concurrency, longPictures }: { concurrency: number; longPictures: number }): number {
  return concurrency + reservedSlots + longPictures + reservedSlots + threadsForFiles;
}
