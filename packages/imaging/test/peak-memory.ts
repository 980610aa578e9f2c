/** A process that decodes the picture on its standard input and prints what was estimated and what it took, in bytes. */
import { readFileSync } from 'node:fs';
import { decodePicture, decodeSize, inspectPicture, warmUpImaging } from '../src/index.ts';

function status(name: 'VmRSS' | 'VmHWM'): number {
  return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'latin1'))?.[1]) * 1024;
}

const options = { width: Number(process.argv[2]), height: Number(process.argv[2]), fit: 'cover' } as const;
const limits = { maxMegapixels: 1000, maxMegapixelsUnstreamed: 1000, maxDecodeBytes: 2 ** 40 };
const bytes = readFileSync(0);
await warmUpImaging();
const before = status('VmRSS');
const { facts, decodeBytes } = await inspectPicture(bytes, options, limits);
await decodePicture(bytes, decodeSize(facts, options), 10_000);
process.stdout.write(JSON.stringify({ estimated: decodeBytes, held: status('VmHWM') - before }));
