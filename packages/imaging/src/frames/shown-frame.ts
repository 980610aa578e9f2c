/** What is seen of a file of several pictures, as a file that its decoder shows rightly. */

export type ShownFrame = {
  /** Only what is needed for it: what else is in the file cannot spoil it. */
  bytes: Buffer;
  /** Which of the file's pictures it is then. */
  page: number;
  /** Pixels of all frames that are painted over one another for it: what it costs. */
  paintedPixels: number;
};
