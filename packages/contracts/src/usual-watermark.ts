/** What a watermark is where nothing is said, and how large its picture may be. Without schemas, for processes that must start quickly. */

/** Largest file of a watermark, and most pixels: every worker keeps a few decoded. */
export const maxWatermarkBytes = 1_000_000;
export const maxWatermarkPixels = 1_000_000;

/** Where nothing is said. */
export const usualWatermark = { position: 'southeast', scale: 0.25, opacity: 1, margin: 0 } as const;
