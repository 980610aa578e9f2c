/** The designs that Tintype is measured against, where they are installed. */
export const peerNames = ['celery', 'rq', 'rq-simple', 'ipx', 'imgproxy', 'scipy'] as const;
export type PeerName = (typeof peerNames)[number];

/** Those that make a picture while the client waits: the ones that take part in `images` and `renditions`. */
export const onDemandNames: readonly PeerName[] = ['ipx', 'imgproxy'];

/** Whether a text names a peer. */
export function isPeerName(text: string): text is PeerName {
  return peerNames.some((name) => name === text);
}
