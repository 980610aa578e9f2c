/** EXIF and other metadata, as they are put into each format. */
import { type JpegSegment, jpegSegment } from './jpeg.ts';
import { type TiffEntry, tiffOf, tiffTags, tiffTypes } from './tiff.ts';

/** Stands in everything that must not come out again. */
export const marker = 'HOSTILE-MARKER-7f3a';

const text = (tag: number, value: string): TiffEntry => ({
  tag,
  type: tiffTypes.ascii,
  value: Buffer.from(`${value}\0`),
});

/** EXIF with the marker as the camera's maker and as the artist, and an orientation. */
export function exifOf(orientation: number, type: number = tiffTypes.short): Buffer {
  return tiffOf([
    text(271, marker),
    { tag: tiffTags.orientation, type, value: orientation },
    text(315, `${marker} 52.5163N 13.3777E`),
  ]);
}

/** APP1 with EXIF. */
export function exifSegment(exif: Buffer): JpegSegment {
  return jpegSegment(0xe1, Buffer.concat([Buffer.from('Exif\0\0'), exif]));
}

/** APP1 with XMP. */
export function xmpSegment(xmp: string): JpegSegment {
  return jpegSegment(0xe1, Buffer.concat([Buffer.from('http://ns.adobe.com/xap/1.0/\0'), Buffer.from(xmp)]));
}

/** APP2 segments with as much of an ICC profile as each may hold. */
export function iccSegments(profile: Buffer): JpegSegment[] {
  const most = 65_500;
  const count = Math.ceil(profile.length / most);
  return Array.from({ length: count }, (_, i) =>
    jpegSegment(
      0xe2,
      Buffer.concat([
        Buffer.from('ICC_PROFILE\0'),
        Buffer.from([(i + 1) & 255, count & 255]),
        profile.subarray(i * most, (i + 1) * most),
      ]),
    ),
  );
}

/** APP13 with an IPTC caption. */
export function iptcSegment(caption: string): JpegSegment {
  const record = Buffer.concat([Buffer.from([0x1c, 2, 120, 0, caption.length]), Buffer.from(caption)]);
  const head = Buffer.from([0x04, 0x04, 0, 0, 0, 0, 0, record.length]);
  return jpegSegment(
    0xed,
    Buffer.concat([Buffer.from('Photoshop 3.0\0'), Buffer.from('8BIM'), head, record, Buffer.alloc(record.length % 2)]),
  );
}

export const plainXmp = `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:creator>${marker}</dc:creator></rdf:Description></rdf:RDF></x:xmpmeta>`;

/** Entities of entities: ten to the ninth words when someone expands them. */
export const billionLaughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "${marker}">${Array.from(
  { length: 9 },
  (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`,
).join('')}]><lolz>&l9;</lolz>`;
