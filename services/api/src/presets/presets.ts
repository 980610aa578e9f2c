/** Presets: read from their file at start, and filled into requests that name them. */
import { readFileSync } from 'node:fs';
import {
  type Fields,
  isFields,
  nearestWord,
  type PresetList,
  PresetName,
  PresetOptions,
  PresetsFile,
  Problem,
  type ProblemPlace,
  parse,
  renditionsOf,
  type WatermarkNames,
} from '@tintype/contracts';
import { InvalidSettings } from '@tintype/runtime';
import { readWatermarkFiles, type WatermarkFiles } from './watermark-files.ts';

export type Presets = {
  list(): PresetList;
  /**
   * A request with the options of the presets that it names, under its own. What is no request is left for others to refuse.
   * Throws `invalid_option` for a preset that is not there, `forbidden` for options of its own where only presets are taken.
   */
  fill(request: unknown): unknown;
  /** The pictures that are put upon thumbnails. */
  watermarks: WatermarkFiles;
};

/** `file` is a path, or undefined for no presets at all. Throws `InvalidSettings`, which names preset and field. */
export function readPresets(file: string | undefined, onlyPresets: boolean): Presets {
  const { presets, watermarks } = file === undefined ? nothingKept : contentOf(file);
  if (onlyPresets && presets.size === 0) {
    throw new InvalidSettings('ONLY_PRESETS is true, and PRESETS_FILE names none: nothing could be asked for.');
  }
  return {
    watermarks,
    list: () => ({
      data: [...presets].map(([name, options]) => ({ name, options })),
      watermarks: [...watermarks.names].map(([name, sha256]) => ({ name, sha256 })),
      next: null,
    }),
    fill(request) {
      if (!isFields(request)) return request;
      if (onlyPresets) requireNoOptions(request, [...presets.keys()]);
      return filled(request, presets);
    },
  };
}

type Content = { presets: ReadonlyMap<string, Fields>; watermarks: WatermarkFiles };

const nothingKept: Content = { presets: new Map(), watermarks: { names: new Map(), bytesOf: () => undefined } };

function contentOf(file: string): Content {
  try {
    const { presets = {}, watermarks: entries = {} } = parse(PresetsFile, parsedFile(file));
    const watermarks = readWatermarkFiles(file, entries);
    const options = Object.entries(presets).map(
      ([name, given]) => [name, checked(name, given, watermarks.names)] as const,
    );
    return { presets: new Map(options), watermarks };
  } catch (err) {
    throw err instanceof Problem ? unusable(file, err) : err;
  }
}

/** As it is written: what it does not say is for the request to say. */
function checked(name: string, options: unknown, watermarks: WatermarkNames): Fields {
  const pointer = `/presets/${name}`;
  parse(PresetName, name, { pointer });
  const parsed = parse(PresetOptions, options, { pointer });
  try {
    renditionsOf(parsed, watermarks);
  } catch (err) {
    throw err instanceof Problem ? new Problem(err.code, { detail: `${pointer}${err.message}` }) : err;
  }
  return Object(options);
}

function parsedFile(file: string): unknown {
  const text = readText(file);
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the file.
    throw new InvalidSettings(`PRESETS_FILE=${file}: It is no JSON.`);
  }
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (err) {
    throw unusable(file, err);
  }
}

function unusable(file: string, err: unknown): InvalidSettings {
  const reason = err instanceof Error ? err.message : String(err);
  return new InvalidSettings(`PRESETS_FILE=${file}: ${reason}`);
}

function filled(request: Fields, presets: ReadonlyMap<string, Fields>): Fields {
  const { preset, sizes, ...own } = request;
  const options = typeof preset === 'string' && preset !== '' ? named(preset, presets, '/preset') : {};
  const colours = isFields(own.colours) && isFields(options.colours) && { ...options.colours, ...own.colours };
  const wanted = sizes ?? options.sizes;
  return {
    ...options,
    ...own,
    ...(colours && { colours }),
    ...(wanted !== undefined && { sizes: Array.isArray(wanted) ? wanted.map(sizeFilledBy(presets)) : wanted }),
    // Any other value is no name: its schema says so.
    ...(preset !== undefined && typeof preset !== 'string' && { preset }),
  };
}

/** Options that are not for one size, but for all that is made of a picture. */
const ofAllSizes = ['sizes', 'colours', 'frame', 'on_damage'];

function sizeFilledBy(presets: ReadonlyMap<string, Fields>): (size: unknown, at: number) => unknown {
  return (size, at) => {
    if (!isFields(size) || typeof size.preset !== 'string') return size;
    const { preset, ...own } = size;
    if (preset === '') return own;
    const pointer = `/sizes/${at}/preset`;
    const options = named(size.preset, presets, pointer);
    const others = ofAllSizes.filter((name) => name in options);
    if (others.length > 0) throw refusal(pointer, `says ${others.join(', ')}, which is not for one size alone`);
    return { ...options, ...own };
  };
}

function named(name: string, presets: ReadonlyMap<string, Fields>, pointer: string): Fields {
  const options = presets.get(name);
  if (options) return options;
  const names = [...presets.keys()];
  const meant = nearestWord(name, names);
  const there = names.length === 0 ? 'there are none: PRESETS_FILE names them' : `there are ${names.join(', ')}`;
  throw refusal(pointer, `is no preset; ${meant === null ? there : `did you mean ${meant}?`}`);
}

function refusal(pointer: string, detail: string): Problem {
  const end = detail.endsWith('?') ? '' : '.';
  return new Problem('invalid_option', { detail: `${pointer} ${detail}${end}`, errors: [{ pointer, detail }] });
}

const optionNames = Object.keys(PresetOptions.properties);

function requireNoOptions(request: Fields, names: readonly string[]): void {
  const errors: ProblemPlace[] = optionNames
    .filter((name) => name in request && !isListOfPresets(name, request[name]))
    .map((name) => ({ pointer: `/${name}`, detail: 'is not taken: name a preset instead' }));
  if (errors.length === 0) return;
  throw new Problem('forbidden', { detail: `Only presets are taken here: ${names.join(', ')}.`, errors });
}

/** Sizes that are presets under names of their own. */
function isListOfPresets(name: string, value: unknown): boolean {
  const isPreset = (size: unknown) =>
    isFields(size) && Object.keys(size).every((key) => ['name', 'preset'].includes(key));
  return name === 'sizes' && Array.isArray(value) && value.every(isPreset);
}
