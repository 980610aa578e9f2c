/** How the reader of JPEGs gives a file back: it never judges one, it only reads those that are as they should be. */
export class UnsupportedJpeg extends Error {
  override readonly name = 'UnsupportedJpeg';
}
