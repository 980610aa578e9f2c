/** Makes tables of what was measured. */
import type { ArtResult } from './art-run.ts';
import type { Contender } from './contender.ts';
import type { FamilyName } from './families.ts';
import type { Machine } from './machine.ts';
import type { PhotoResult } from './photo-run.ts';
import type { Score } from './score.ts';
import { mean, quantile } from './statistics.ts';
import { decimal, percent, table } from './table.ts';

export type ColourBenchResult = {
  machine: Machine;
  seeds: readonly number[];
  families: readonly FamilyName[];
  contenders: readonly Contender[];
  art: readonly ArtResult[];
  photos: readonly PhotoResult[];
};

const scoreHead = ['EMD', 'floor', 'dominant', 'background', 'accent', 'worst', 'share error', 'exact', 'names'];

export function reportText(result: ColourBenchResult): string {
  const { machine, seeds, families, contenders, art, photos } = result;
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name} ${version}`);
  const parts = [
    `${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}, load before ${machine.loadBefore.toFixed(2)}`,
    `${versions.join(', ')}; seeds ${seeds.join(', ')}`,
    ...contenders.map(({ name, note }) => `${name}: ${note}`),
    '',
    `${art.length / contenders.length} pictures, by method`,
    table(
      ['', ...scoreHead, 'changed', 'ms p50', 'ms p95'],
      contenders.map(({ name }) => methodRow(name, art)),
    ),
  ];
  for (const { name } of contenders) {
    parts.push(
      '',
      `${name}, by family`,
      familyTable(
        families,
        art.filter(({ contender }) => contender === name),
      ),
    );
  }
  if (photos.length > 0) parts.push('', photoTable(contenders, photos), '', kindTable(photos));
  return parts.join('\n');
}

export function reportJson({ machine, seeds, families, art, photos }: ColourBenchResult): string {
  return JSON.stringify({ machine, seeds, families, art, photos }, null, 2);
}

function methodRow(name: string, art: readonly ArtResult[]): string[] {
  const own = art.filter(({ contender }) => contender === name);
  const times = own.map(({ milliseconds }) => milliseconds);
  return [
    name,
    ...scoreCells(own.map(({ score }) => score)),
    String(own.filter(({ isChanged }) => isChanged).length),
    decimal(quantile(times, 0.5)),
    decimal(quantile(times, 0.95)),
  ];
}

function familyTable(families: readonly FamilyName[], own: readonly ArtResult[]): string {
  const rows = families.map((family) => {
    const scores = own.filter((result) => result.family === family).map(({ score }) => score);
    return [family, ...scoreCells(scores), decimal(mean(scores.map(({ swatches }) => swatches)), 1)];
  });
  const all = own.map(({ score }) => score);
  rows.push(['all', ...scoreCells(all), decimal(mean(all.map(({ swatches }) => swatches)), 1)]);
  return table(['', ...scoreHead, 'swatches'], rows);
}

function scoreCells(scores: readonly Score[]): string[] {
  return [
    decimal(mean(scores.map(({ distance }) => distance))),
    decimal(mean(scores.map(({ floor }) => floor))),
    percent(mean(scores.map(({ isDominantFound }) => isDominantFound))),
    percent(mean(scores.map(({ isBackgroundFound }) => isBackgroundFound))),
    percent(mean(scores.map(({ isAccentFound }) => isAccentFound))),
    decimal(mean(scores.map(({ worst }) => worst))),
    percent(mean(scores.map(({ shareError }) => shareError)), 2),
    percent(mean(scores.map(({ exact }) => exact))),
    percent(mean(scores.map(({ names }) => names))),
  ];
}

const photoHead = ['dominant flips', 'background flips', 'pixel→palette', 'changed', 'ms p50', 'ms p95'];

function photoTable(contenders: readonly Contender[], photos: readonly PhotoResult[]): string {
  const rows = contenders
    .filter(({ isSlow }) => !isSlow)
    .map(({ name }) => [name, ...photoCells(photos.filter(({ contender }) => contender === name))]);
  return table(['photographs in 6 encodings', ...photoHead], rows);
}

/** Ours alone, by kind of photograph. */
function kindTable(photos: readonly PhotoResult[]): string {
  const ours = photos.filter(({ contender }) => contender === photos[0]?.contender);
  const kinds = [...new Set(ours.map(({ kind }) => kind))];
  const rows = kinds.map((kind) => [kind, ...photoCells(ours.filter((photo) => photo.kind === kind))]);
  return table([`${photos[0]?.contender}, by kind`, ...photoHead], rows);
}

function photoCells(photos: readonly PhotoResult[]): string[] {
  const times = photos.flatMap(({ milliseconds }) => milliseconds);
  return [
    percent(mean(photos.map(({ flips, encodings }) => flips / encodings))),
    percent(mean(photos.map(({ backgroundFlips: flips, encodings }) => (flips === null ? null : flips / encodings)))),
    decimal(mean(photos.map(({ pixelDistance }) => pixelDistance))),
    String(photos.reduce((sum, { changed }) => sum + changed, 0)),
    decimal(quantile(times, 0.5)),
    decimal(quantile(times, 0.95)),
  ];
}
