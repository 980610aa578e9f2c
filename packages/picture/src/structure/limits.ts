/** What is usual inside of a file, whatever its format. */

/** Segments, chunks, boxes or pages beside the picture itself; a JPEG with a large ICC profile has some 255. */
export const maxParts = 1000;
/** EXIF, profiles, texts together. Decoders copy them several times. */
export const maxMetadataBytes = 4 * 1024 * 1024;
