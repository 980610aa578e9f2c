/** The designs that Tintype is measured against, where they are installed. */
export const peerNames = ['celery', 'rq', 'rq-simple', 'ipx', 'scipy'] as const;
export type PeerName = (typeof peerNames)[number];

/** Whether a text names a peer. */
export function isPeerName(text: string): text is PeerName {
  return peerNames.some((name) => name === text);
}
