/** Files that are two things at once: the picture passes, the other thing does not come out again. */
import type { Bases } from '../bytes/bases.ts';
import { marker } from '../bytes/exif.ts';
import { gifFrame, gifHeader, gifTrailer } from '../bytes/gif.ts';
import { jpegSegment, withSegments } from '../bytes/jpeg.ts';
import { pngChunk, withChunks } from '../bytes/png.ts';
import { type FileClass, type HostileFile, refusedAsForeign } from './hostile-file.ts';

const passes: HostileFile['right'] = ['passes'];
const html = `<!doctype html><script>alert('${marker}')</script>`;
const php = `<?php system('id'); // ${marker} ?>`;
/** An empty ZIP archive: its end record, which readers look for at the end of a file. */
const zip = Buffer.concat([Buffer.from('PK\x05\x06'), Buffer.alloc(18)]);
const pdf = Buffer.from(
  `%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert('${marker}'))>>>>endobj\n%%EOF`,
);

export function polyglots({ jpeg, png, gif, webp, avif }: Bases): FileClass {
  const file = (name: string, bytes: HostileFile['bytes'], right: HostileFile['right']) => ({ name, bytes, right });
  return {
    name: 'polyglots',
    cases: [
      file('GIF that is JavaScript', () => {
        // GIF89a/* as the width and height, the picture, then */=1;…
        const head = gifHeader({ width: 0x2a2f, height: 100 });
        return Buffer.concat([head, gifFrame(1, 1), gifTrailer, Buffer.from(`*/=1;alert('${marker}')//`)]);
      }, ['passes', 'too_many_pixels']),
      file('GIF with PHP behind it', async () => Buffer.concat([await gif(), Buffer.from(php)]), passes),
      file(
        'JPEG with HTML as a comment',
        async () => withSegments(await jpeg(), jpegSegment(0xfe, Buffer.from(html))),
        passes,
      ),
      file('JPEG with HTML behind it', async () => Buffer.concat([await jpeg(), Buffer.from(html)]), passes),
      file('JPEG with a ZIP behind it', async () => Buffer.concat([await jpeg(), zip]), passes),
      file('JPEG with a JPEG behind it', async () => Buffer.concat([await jpeg(), await jpeg()]), passes),
      file('PNG with a ZIP behind it', async () => Buffer.concat([await png(), zip]), passes),
      file(
        'PNG with HTML as text',
        async () => withChunks(await png(), pngChunk('tEXt', Buffer.from(`Comment\0${html}`))),
        passes,
      ),
      file(
        'PNG with SVG as text',
        async () => withChunks(await png(), pngChunk('tEXt', Buffer.from('Comment\0<svg onload="alert(1)">'))),
        passes,
      ),
      file('WebP with HTML behind it', async () => Buffer.concat([await webp(), Buffer.from(html)]), [
        'passes',
        'corrupt_image',
      ]),
      file('AVIF with PHP behind it', async () => Buffer.concat([await avif(), Buffer.from(php)]), [
        'passes',
        'corrupt_image',
      ]),
      file('PDF with a JPEG in it', async () => Buffer.concat([pdf, await jpeg()]), refusedAsForeign),
      file('JPEG with a PDF in it', async () => withSegments(await jpeg(), jpegSegment(0xfe, pdf)), passes),
      file('HTML with a PNG in it', async () => Buffer.concat([Buffer.from(html), await png()]), ['not_an_image']),
      file('HTML that begins like a GIF', () => Buffer.from(`GIF89a${html}`), ['corrupt_image']),
      file('HTML that begins like a JPEG', () => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.from(html)]), [
        'corrupt_image',
      ]),
      file(
        'SVG that begins like a PNG',
        async () =>
          Buffer.concat([(await png()).subarray(0, 8), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')]),
        ['corrupt_image'],
      ),
      file('PHP that says RIFF and WEBP', () => Buffer.from(`RIFF\0\0\0\0WEBP${php}`), ['corrupt_image']),
    ],
  };
}
