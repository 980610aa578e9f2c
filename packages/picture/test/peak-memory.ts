/** A process that makes a thumbnail of the picture on its standard input, and prints estimate and peak in bytes. */
import { readFileSync } from 'node:fs';
import { outputFormats, type PictureOrder } from '@tintype/contracts';
import { inspect, makePlanned, planPicture, warmUpPicture } from '../src/index.ts';

function status(name: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;
}

const [side, wanted] = process.argv.slice(2);
const format = outputFormats.find((known) => known === wanted) ?? 'auto';
const rendition = { name: 'default', width: Number(side), height: Number(side), fit: 'cover', format } as const;
const order: PictureOrder = { renditions: [rendition], colours: null, frame: 'middle' };
const limits = { maxMegapixels: 1000, maxMegapixelsUnstreamed: 1000, maxDecodeBytes: 2 ** 40, timeoutMs: 120_000 };
const bytes = readFileSync(0);
await warmUpPicture();
const before = status('VmRSS');
const plan = planPicture(await inspect(bytes, limits), order, limits);
await makePlanned(bytes, plan, limits);
process.stdout.write(JSON.stringify({ estimated: plan.decodeBytes, held: status('VmHWM') - before }));
