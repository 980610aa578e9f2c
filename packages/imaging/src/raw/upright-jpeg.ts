/** A JPEG that says how the camera was held, as the file around it says it. */

const exifMarker = 0xe1;
const upright = 1;
const mostOrientations = 8;

/** With EXIF of this orientation alone, unless it has EXIF of its own, which counts. */
export function uprightJpeg(jpeg: Buffer, orientation: number): Buffer {
  if (orientation === upright || orientation > mostOrientations || hasExif(jpeg)) return jpeg;
  return Buffer.concat([jpeg.subarray(0, 2), exifOf(orientation), jpeg.subarray(2)]);
}

/** Among the segments before any that is not application data (ITU T.81, B.2.4.6). */
function hasExif(jpeg: Buffer): boolean {
  for (
    let at = 2;
    at + 10 <= jpeg.length && ((jpeg[at + 1] ?? 0) & 0xf0) === 0xe0;
    at += 2 + jpeg.readUInt16BE(at + 2)
  ) {
    if (jpeg[at + 1] === exifMarker && jpeg.toString('latin1', at + 4, at + 8) === 'Exif') return true;
  }
  return false;
}

/** EXIF 3.0, 4.5.4: a TIFF with one directory of one entry. */
function exifOf(orientation: number): Buffer {
  const tiff = Buffer.from([
    0x4d,
    0x4d,
    0,
    42,
    0,
    0,
    0,
    8,
    0,
    1,
    1,
    0x12,
    0,
    3,
    0,
    0,
    0,
    1,
    0,
    orientation,
    0,
    0,
    0,
    0,
    0,
    0,
  ]);
  const body = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff]);
  return Buffer.concat([Buffer.from([0xff, exifMarker, 0, body.length + 2]), body]);
}
