/** How the reader of JPEGs gives a file back: it never judges one, it only reads those that are as they should be. */
export class UnsupportedJpeg extends Error {
  override readonly name: string = 'UnsupportedJpeg';
}

/** Its data is not what its header promises, as far as it could be followed. */
export class BadJpegData extends UnsupportedJpeg {
  override readonly name: string = 'BadJpegData';
}
