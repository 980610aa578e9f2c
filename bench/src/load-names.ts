/** How pictures are asked for. */
export const loadNames = ['closed', 'burst', 'idle'] as const;

/**
 * `closed`: so many clients, each with one picture under way. `burst`: everything is handed in as fast as the clients
 * can, then waited for. `idle`: one client alone.
 */
export type LoadName = (typeof loadNames)[number];

/** Whether a text names a load. */
export function isLoadName(text: string): text is LoadName {
  return loadNames.some((name) => name === text);
}
