/** A process that makes a thumbnail of the picture on its standard input and prints what was estimated and what it took, in bytes. */
import { readFileSync } from 'node:fs';
import { outputFormats } from '@tintype/contracts';
import { decodePicture, decodeSize, inspectPicture, renderThumbnail, warmUpImaging } from '../src/index.ts';

function status(name: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;
}

const [side, wanted] = process.argv.slice(2);
const format = outputFormats.find((known) => known === wanted) ?? 'auto';
const options = { width: Number(side), height: Number(side), fit: 'cover', format } as const;
const limits = { maxMegapixels: 1000, maxMegapixelsUnstreamed: 1000, maxDecodeBytes: 2 ** 40 };
const bytes = readFileSync(0);
await warmUpImaging();
const before = status('VmRSS');
const { facts, decodeBytes } = await inspectPicture(bytes, options, limits);
await renderThumbnail(await decodePicture(bytes, decodeSize(facts, options), 10_000), options);
process.stdout.write(JSON.stringify({ estimated: decodeBytes, held: status('VmHWM') - before }));
