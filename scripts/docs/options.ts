/** The page of options: each with the picture that it makes of the sample photograph. */
import { readFile } from 'node:fs/promises';
import { type RenditionsRequest, renditionsOf } from '@tintype/contracts';
import { decodeWatermark, makePicture } from '@tintype/picture';

const sample = new URL('../../services/api/samples/photo.jpg', import.meta.url);
const logo = new URL('../../services/api/samples/logo.png', import.meta.url);
/** Any sha256 is as good as its own here. */
const logoSha256 = 'a'.repeat(64);
const watermarks = new Map([['logo', logoSha256]]);
const limits = { maxMegapixels: 10, maxMegapixelsUnstreamed: 10, maxDecodeBytes: 1e9, timeoutMs: 60_000 };

type Shown = { name: string; options: RenditionsRequest; meaning: string };

/** In the order in which they are done. */
export const shownOptions: readonly Shown[] = [
  { name: 'usual', options: {}, meaning: 'nothing said: 100 × 100, the box filled, cut in the middle' },
  {
    name: 'crop',
    options: { crop: { x: '50%', y: '10%', width: '30%', height: '30%' } },
    meaning: 'a box of the upright picture, before anything else: numbers are its pixels, texts parts of its sides',
  },
  {
    name: 'trim',
    options: { trim: true },
    meaning: 'a border of one colour goes; `true`, or how far it may differ (10)',
  },
  { name: 'rotate', options: { rotate: 90 }, meaning: '90, 180 or 270 degrees, clockwise' },
  { name: 'cover', options: { width: 160, height: 60 }, meaning: '`fit: "cover"`: the box filled, cut at the edges' },
  {
    name: 'contain',
    options: { width: 160, height: 60, fit: 'contain', background: '#e8e0d0' },
    meaning: 'all of the picture in the box, the rest in `background`',
  },
  {
    name: 'inside',
    options: { width: 160, height: 60, fit: 'inside' },
    meaning: 'the largest size that fits into the box',
  },
  {
    name: 'outside',
    options: { width: 100, height: 100, fit: 'outside' },
    meaning: 'the smallest size around the box',
  },
  { name: 'fill', options: { width: 60, height: 100, fit: 'fill' }, meaning: 'stretched' },
  {
    name: 'position',
    options: { width: 160, height: 60, position: 'south' },
    meaning: 'what stays where `cover` cuts, where `contain` puts the picture: `centre`, `north` … `northwest`',
  },
  {
    name: 'focal-point',
    options: { width: 60, height: 100, position: { x: 0.9, y: 0.5 } },
    meaning: 'a point as parts of the sides, in the middle of what is left as far as possible',
  },
  {
    name: 'attention',
    options: { width: 60, height: 100, position: 'attention' },
    meaning: '`attention`, `entropy`: where most is to be seen, as libvips finds it',
  },
  {
    name: 'enlarge',
    options: { crop: { x: 800, y: 500, width: 60, height: 40 }, fit: 'contain', enlarge: false, background: '#e8e0d0' },
    meaning: 'false keeps what is small small. Usual is true for cover, contain and fill, false for inside and outside',
  },
  {
    name: 'dpr',
    options: { width: 50, height: 50, dpr: 2 },
    meaning:
      '1 to 4 pixels for each of width, height, padding, blur and the margin of a watermark; what becomes longer than it may be without is refused',
  },
  { name: 'blur', options: { blur: 4 }, meaning: 'standard deviation in pixels, 0.3 to 100' },
  { name: 'sharpen', options: { sharpen: 1.5 }, meaning: 'radius in pixels, 0.3 to 10' },
  { name: 'grayscale', options: { grayscale: true }, meaning: 'shades of grey' },
  {
    name: 'padding',
    options: { padding: { top: 4, right: 4, bottom: 20, left: 4 }, background: '#ffffff' },
    meaning: 'pixels of `background` around the thumbnail, which grows by them, up to 300: one number, or by side',
  },
  {
    name: 'watermark',
    options: { watermark: { name: 'logo', position: 'southeast', scale: 0.4, opacity: 0.9, margin: 4 } },
    meaning:
      'a picture of PRESETS_FILE upon the finished thumbnail, or its name alone (southeast, scale 0.25); `false` for none',
  },
  {
    name: 'background',
    options: { fit: 'contain', background: 'dominant' },
    meaning: '`#rrggbb`, `transparent`, or what is found in the picture: `dominant`, `edge`',
  },
  {
    name: 'format',
    options: { format: 'webp' },
    meaning: '`auto` (JPEG, or WebP when the picture has transparency), `jpeg`, `webp`, `png`, `avif`',
  },
  {
    name: 'quality',
    options: { quality: 20 },
    meaning: '1 to 100 (JPEG 80, WebP 80, AVIF 50); PNG loses nothing, whatever it is',
  },
  {
    name: 'max-bytes',
    options: { max_bytes: 1500 },
    meaning:
      'no larger: a good quality is looked for that uses most of it; where none fits, the job fails and says the smallest that was reached',
  },
];

const intro = `What can be asked for, with what each option makes of [the sample photograph](../services/api/samples/photo.jpg). They are
done in this order: crop, trim, rotate, fit (with position, enlarge and dpr), blur, sharpen, grayscale, room and padding, watermark, format and quality: effects act on the
picture, and what is around it has the \`background\` that was asked for. Each is a
field of the JSON, of a form (\`crop.x=50%\`), or of the URL where the body is the picture. JPEGs of more than 10 kB are progressive. Options that
mean nothing together are refused at the door, with a pointer to each. Generated by \`npm run docs\`.

\`\`\`sh
curl -sS 'http://localhost:3000/v1/thumbnails?wait=10' --json '{"url": "http://localhost:3000/samples/photo.jpg", "width": 160, "height": 60, "position": "south"}'
\`\`\`

\`\`\`sh
curl -sSO http://localhost:3000/samples/photo.jpg
curl -sS 'http://localhost:3000/v1/thumbnails?wait=10' -F file=@photo.jpg -F crop.x=50% -F crop.y=10% -F crop.width=30% -F crop.height=30%
curl -sS 'http://localhost:3000/v1/thumbnails?wait=10&rotate=90&grayscale=true' -H 'content-type: image/jpeg' --data-binary @photo.jpg
\`\`\`

## Several sizes

\`sizes\` are up to twelve thumbnails of one decode, by name; what one does not say is as outside of the list. \`GET /v1/thumbnails/{id}/file?name=small\` is one
of them; without a name it is the one called \`default\`, or the first. Large ones feed small ones: eight sizes of 24 megapixels cost 1.5 times the CPU of the largest
alone (\`npm run bench -- --suite renditions\`).

\`\`\`sh
curl -sS 'http://localhost:3000/v1/thumbnails?wait=10' --json '{"url": "http://localhost:3000/samples/photo.jpg", "fit": "inside", "format": "webp",
  "sizes": [{"name": "large", "width": 800, "height": 800}, {"name": "small", "width": 200, "height": 200, "sharpen": 0.5}]}'
\`\`\`

## Presets

PRESETS_FILE names a JSON file of options, \`{"presets": {"avatar": {"width": 64, "height": 64, "format": "webp"}}}\`, which is read when the API starts:
\`"preset": "avatar"\` in a request stands for them, and what the request says itself counts before them. One of several sizes may name a preset too.
With ONLY_PRESETS=true nothing else is taken. A changed file changes new jobs alone. \`GET /v1/presets\` lists presets, and the watermarks below.

\`\`\`sh
curl -sS http://localhost:3000/v1/presets
\`\`\`

A container sees no file of its machine. Under compose a file of yours, say \`presets.yml\` beside the others, puts a folder into that of the API, and says where it is; every user must be
able to read it. \`docker compose -f docker-compose.yml -f presets.yml up -d\`, with the production file between the two where that is used:

\`\`\`yaml
services:
  api:
    environment: { PRESETS_FILE: /presets/presets.json }
    volumes: ["./presets:/presets:ro"]
\`\`\`

## Watermarks

The same file names pictures that are put upon thumbnails: \`{"watermarks": {"logo": {"file": "logo.png"}}}\`, PNG or WebP of one frame, with a path from the folder of that file,
up to a million bytes and a million pixels. They are read when the API starts, which says what is wrong with one that cannot be used. It decodes none of them: a WebP
with damaged pixels is told by the jobs that name it, as [\`unreadable_watermark\`](errors.md#unreadable_watermark) ([why](decisions/0043-watermarks.md)). \`"watermark": "logo"\`, or
\`{"name": "logo", "position", "scale", "opacity", "margin"}\`, puts one upon the finished thumbnail, padding and all, in its own colours: the largest that fits into the part \`scale\` of
the width and of the height, at one of the eight sides and corners, the \`centre\` or a point, \`margin\` pixels from the edges. Each of several sizes has its own; \`false\` takes it away from a size, or from
what a preset says. The colours that are found are those of the picture without it. In forms and URLs it is \`watermark=logo\`, \`watermark.scale=0.3\` and \`watermark.position.x=0.2\`.

A job names a watermark by what the file holds: a changed file changes new jobs alone. Before the first job that names it, the API puts it into the storage, where workers
find it. It stays there until a day after the last of these jobs has expired, and counts for no quota.

## Each option
`;

/** The page, and its pictures by their paths. */
export async function optionsPage(): Promise<{ page: string; pictures: Record<string, Buffer> }> {
  const bytes = await readFile(sample);
  const marks = new Map([[logoSha256, await decodeWatermark(await readFile(logo))]]);
  const pictures: Record<string, Buffer> = {};
  const rows: string[] = [];
  for (const { name, options, meaning } of shownOptions) {
    const order = { renditions: renditionsOf(options, watermarks), colours: {} };
    const made = await makePicture(bytes, order, limits, { watermarks: marks });
    const [thumbnail] = made.renditions;
    if (!thumbnail) throw new Error(`nothing was made of ${name}`);
    const path = `options/${name}.${thumbnail.format === 'jpeg' ? 'jpg' : thumbnail.format}`;
    pictures[`docs/${path}`] = thumbnail.bytes;
    const size = `${thumbnail.width} × ${thumbnail.height}, ${thumbnail.bytes.length} bytes`;
    rows.push(`| ![${name}](${path}) | \`${JSON.stringify(options)}\` | ${meaning} | ${size} |`);
  }
  const table = ['| | options | what they do | comes out |', '| --- | --- | --- | --- |', ...rows].join('\n');
  return { page: `# Options\n\n${intro}\n${table}\n`, pictures };
}
