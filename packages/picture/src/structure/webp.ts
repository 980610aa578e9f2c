/** What is unusual about a WebP's inside: RFC 9649 §2.3, chunks of the RIFF container. */
import { maxMetadataBytes, maxParts } from './limits.ts';
import type { StepBudget } from './step-budget.ts';

/** Frames of an animation; libvips walks to each one from the first, so twice as many take four times as long. */
const maxFrames = 2000;

const nameOf = (text: string) => [...text].reduce((name, letter) => name * 256 + letter.charCodeAt(0), 0);
const frame = nameOf('ANMF');
const pictureData: readonly number[] = [frame, ...['VP8 ', 'VP8L', 'ALPH'].map(nameOf)];

export function isUnusualWebp(bytes: Uint8Array, steps: StepBudget): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let frames = 0;
  let parts = 0;
  let metadataBytes = 0;
  // What stands behind the container is read by nobody.
  const end = Math.min(bytes.length, 8 + (bytes.length < 8 ? 0 : view.getUint32(4, true)));
  for (let at = 12; at + 8 <= end; ) {
    steps.take();
    const name = view.getUint32(at);
    const length = view.getUint32(at + 4, true);
    if (name === frame) frames += 1;
    else parts += 1;
    if (!pictureData.includes(name)) metadataBytes += length;
    if (frames > maxFrames || parts > maxParts || metadataBytes > maxMetadataBytes) return true;
    at += 8 + length + (length % 2);
  }
  return false;
}
