/** A process that makes thumbnails by sharp alone, one size after the other, as a script would: each message `{url, sides}` is one picture. */
import { parse } from '@tintype/contracts';
import sharp from 'sharp';
import Type from 'typebox';

const Ask = Type.Object({ url: Type.String(), sides: Type.Array(Type.Integer()) });

sharp.concurrency(1);
sharp.cache(false);

async function make(url: string, sides: readonly number[]): Promise<{ made: number }> {
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer());
  for (const side of sides) {
    await sharp(bytes).resize(side, side, { fit: 'inside' }).jpeg({ quality: 80, progressive: true }).toBuffer();
  }
  return { made: sides.length };
}

process.on('message', async (message) => {
  const { url, sides } = parse(Ask, message);
  process.send?.(await make(url, sides));
});
process.once('disconnect', () => process.exit());
