/** How long a client wants to wait for the end of its job: `?wait=10` or `Prefer: wait=10` (RFC 7240). */

/** Longest wait we agree to, in seconds. */
export const maxWaitSeconds = 30;

/** Seconds to wait (0 for not at all). The query wins over the header; more than the cap becomes the cap. */
export function waitSecondsOf(query: number | undefined, prefer: string | string[] | undefined): number {
  const header = [prefer].flat().join(',');
  const preferred = /(?:^|[\s,;])wait\s*=\s*"?(\d{1,6})"?/i.exec(header)?.[1];
  return Math.min(query ?? Number(preferred ?? 0), maxWaitSeconds);
}
