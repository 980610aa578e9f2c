/** From when on a JPEG is to be progressive: something is to be seen before all of it is there. */

/** Of more bytes. */
export const progressiveBytes = 10_000;
/** From so many pixels on it has so many bytes mostly: nobody tries first. */
export const progressivePixels = 256 * 256;
