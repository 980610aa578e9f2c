/** The suite `effects`: what each option at its bound costs, by turns with the plain thumbnail of the same size. */
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { maxWatermarkPixels, parse, Thumbnail, type UploadFields } from '@tintype/contracts';
import { makeTestFolder } from '@tintype/testkit';
import sharp from 'sharp';
import type { Answer } from '../picture-client.ts';
import { createCleanUp } from '../queue/clean-up.ts';
import type { MeasuredRow, QueueSuiteResult } from '../queue/result.ts';
import { median } from '../statistics.ts';
import { createTally } from '../tally.ts';
import { transportFailure } from '../thumbnail-client.ts';
import { type EffectRow, effectRows, type Plain, watermarkName } from './effect-rows.ts';
import { type Rig, startRig } from './rig.ts';
import { type SceneUrls, startSceneUrls } from './scene-urls.ts';
import type { Scene } from './scenes.ts';
import type { GrowthContext } from './suite-names.ts';

type Source = { name: string; scene: Scene };
/** One column: a source, and how large its thumbnails are. */
type Column = { source: Source; side: number };

const twoMegapixels = { width: 1632, height: 1224 } as const;
const sources: readonly Source[] = [
  { name: 'JPEG 12 MP', scene: { width: 4000, height: 3000, encoding: 'jpeg' } },
  { name: 'JPEG 24 MP', scene: { width: 6000, height: 4000, encoding: 'jpeg' } },
  { name: 'PNG with alpha 2 MP', scene: { ...twoMegapixels, encoding: 'alpha' } },
  { name: 'WebP 2 MP', scene: { ...twoMegapixels, encoding: 'webp' } },
];
const quickSources: readonly Source[] = [{ name: 'JPEG', scene: { width: 640, height: 480, encoding: 'jpeg' } }];

const full = { sources, sides: [400, 2000], warmUp: 20, msPerTurn: 400, most: 20 };
const quick = { sources: quickSources, sides: [200], warmUp: 2, msPerTurn: 1, most: 1 };
/** None costs more than twice the plain thumbnail. */
const goal = { atMost: 2 };

export async function measureEffects(context: GrowthContext): Promise<QueueSuiteResult> {
  const size = context.quick ? quick : full;
  const cleanUp = createCleanUp();
  context.onStarted(cleanUp.run);
  const failures = createTally();
  try {
    const urls = await startSceneUrls(size.sources.map(({ scene }) => scene));
    cleanUp.add(urls.stop);
    const folder = await makeTestFolder();
    cleanUp.add(() => rm(folder, { recursive: true, force: true }));
    const apiEnv = { PRESETS_FILE: await writePresets(folder) };
    const rig = await startRig({ originHost: urls.host, apiEnv, failures, onStarted: cleanUp.add });
    const columns = size.sources.flatMap((source) => size.sides.map((side): Column => ({ source, side })));
    const costs: number[][] = [];
    for (const column of columns) {
      costs.push(await measureColumn(column, { ...context, ...size, urls, rig }));
      context.progress.line(`effects: measured ${nameOf(column)}`);
    }
    return {
      suite: 'effects',
      title: 'CPU of a thumbnail with one option at its bound against the plain one of the same size, one client',
      columns: columns.map(nameOf),
      rows: rowsOf(costs),
      failures: failures.counts(),
      warnings: rig.service.warnings(),
      redisVersion: rig.service.redis.version,
    };
  } finally {
    await cleanUp.run();
  }
}

/** The file of presets, beside the one watermark that it names. */
async function writePresets(folder: string): Promise<string> {
  const side = Math.floor(Math.sqrt(maxWatermarkPixels));
  const background = { r: 200, g: 30, b: 60, alpha: 0.5 };
  await sharp({ create: { width: side, height: side, channels: 4, background } })
    .png()
    .toFile(join(folder, 'mark.png'));
  const file = join(folder, 'presets.json');
  await writeFile(file, JSON.stringify({ watermarks: { [watermarkName]: { file: 'mark.png' } } }));
  return file;
}

type Measuring = { urls: SceneUrls; rig: Rig; rounds: number; warmUp: number; msPerTurn: number; most: number };

/** Milliseconds of the plain thumbnail, then by how much each row is dearer: the medians of the rounds. */
async function measureColumn({ source, side }: Column, measuring: Measuring): Promise<number[]> {
  const { urls, rig, rounds, warmUp, msPerTurn, most } = measuring;
  const plain: Plain = { side, bytes: 0 };
  const turn = (row: EffectRow, count: number) => {
    const make = (url: string) => rig.client.make(url, row.optionsOf(plain));
    return rig.measure(urls.take(source.scene, count), 1, { make, failureOf });
  };
  const [first, ...others] = effectRows;
  if (!first) throw new Error('there is nothing to hold the rows against');
  plain.bytes = await fileBytes(rig, urls.take(source.scene, 1), first.optionsOf(plain));
  const { cpuMs } = await turn(first, warmUp);
  const count = Math.min(most, Math.max(1, Math.ceil(msPerTurn / cpuMs)));
  for (const row of others) await turn(row, 1);
  const found: number[][] = effectRows.map(() => []);
  for (let round = 0; round < rounds; round++) {
    let plainMs = 1;
    for (const [at, row] of effectRows.entries()) {
      const measured = await turn(row, count);
      if (at === 0) plainMs = measured.cpuMs;
      found[at]?.push(at === 0 ? plainMs : measured.cpuMs / plainMs);
    }
  }
  return found.map(median);
}

/** What `max_bytes` is to be half of. */
async function fileBytes(rig: Rig, urls: readonly string[], options: UploadFields): Promise<number> {
  const [url = ''] = urls;
  const { body } = await rig.client.make(url, options);
  return parse(Thumbnail, JSON.parse(body)).renditions?.[0]?.bytes ?? 0;
}

function failureOf(answer: Answer): string | null {
  const failure = transportFailure(answer);
  if (failure !== null) return failure;
  const { status, error } = parse(Thumbnail, JSON.parse(answer.body));
  return status === 'completed' ? null : (error?.detail ?? status);
}

function nameOf({ source, side }: Column): string {
  return `${source.name}, ${side} px`;
}

function rowsOf(costs: readonly (readonly number[])[]): MeasuredRow[] {
  return effectRows.map(({ label }, at) => {
    const values = costs.map((column) => column[at] ?? null);
    return at === 0 ? { label: `${label}: CPU ms`, digits: 1, values } : { label, digits: 2, values, goal };
  });
}
