/** Kinds of JPEG that libjpeg does not decode, by what it says of them: such files are sound. */

/** No standard has more bits. */
const possibleBits = { least: 2, most: 16 };

/** The kind's name; null where the message is about something else. */
export function unreadableJpegKind(message: string): string | null {
  if (!message.includes('VipsJpeg: ')) return null;
  const [, bits] = message.match(/Unsupported JPEG data precision (\d+)/) ?? [];
  if (bits) {
    const isPossible = Number(bits) >= possibleBits.least && Number(bits) <= possibleBits.most;
    return isPossible ? `A JPEG of ${bits} bits` : null;
  }
  return kinds.find(([said]) => message.includes(said))?.[1] ?? null;
}

const kinds: readonly (readonly [said: string, kind: string])[] = [
  ['Unsupported color conversion request', 'A lossless JPEG of these colours'],
  ['Unsupported JPEG process', 'A hierarchical JPEG, or one of another rare process,'],
  ['Sampling factors too large', 'A JPEG with such sampling'],
  ['DNL not supported', 'A JPEG that tells its height behind its pixels'],
];
