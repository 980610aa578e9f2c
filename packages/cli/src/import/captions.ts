/** Reads captions and tags of pictures from a file: CSV, a JSON list, or COCO's captions. */
import { readFile } from 'node:fs/promises';
import { isFields } from '@tintype/contracts';
import { WrongUsage } from '../wrong-usage.ts';
import { parseCaptionsCsv } from './captions-csv.ts';

/** What is said of one file. */
export type CaptionRow = { file: string; captions: readonly string[]; tags: readonly string[] };

export type FileWords = { caption: string; tags: readonly string[] };

export type Captions = {
  /** Of the file of this path below the folder: by the whole path, else by the name alone; null where nothing is said. */
  of(path: string): FileWords | null;
  /** Names that no file has asked for so far. */
  unused(): string[];
};

export const noCaptions: Captions = { of: () => null, unused: () => [] };

/** Throws `WrongUsage` for a file that cannot be read as any of the three. */
export async function readCaptions(path: string): Promise<Captions> {
  const bytes = await readFile(path).catch((err) => {
    throw new WrongUsage(`${path} cannot be read (${codeOf(err)}).`);
  });
  const text = textOf(bytes, path);
  const isJson = /^\s*[[{]/.test(text);
  return captionsOf(isJson ? rowsOfJson(text, path) : parseCaptionsCsv(text, path));
}

/** Several rows of one file are joined, the first one first. */
export function captionsOf(rows: Iterable<CaptionRow>): Captions {
  const byFile = new Map<string, { captions: string[]; tags: Set<string> }>();
  for (const { file, captions, tags } of rows) {
    const key = pathKey(file);
    const words = byFile.get(key) ?? { captions: [], tags: new Set() };
    byFile.set(key, words);
    for (const caption of captions) if (caption.trim() !== '') words.captions.push(caption.trim());
    for (const tag of tags) if (tag.trim() !== '') words.tags.add(tag.trim());
  }
  const used = new Set<string>();
  return {
    of(path) {
      const key = [pathKey(path), pathKey(path).split('/').at(-1) ?? ''].find((one) => byFile.has(one));
      const words = key === undefined ? undefined : byFile.get(key);
      if (key === undefined || words === undefined) return null;
      used.add(key);
      return { caption: joined(words.captions), tags: [...words.tags] };
    },
    unused: () => [...byFile.keys()].filter((key) => !used.has(key)),
  };
}

/** One spelling of a path: some systems write accents apart from their letters, and some lists a backslash. */
function pathKey(path: string): string {
  return path
    .trim()
    .normalize('NFC')
    .replaceAll('\\', '/')
    .replace(/^(\.\/)+/, '');
}

function joined(captions: readonly string[]): string {
  return captions
    .reduce((text, next) => `${text}${/[.!?…。！？]$/u.test(text) ? ' ' : '. '}${next}`, '')
    .replace(/^\. /, '');
}

/** UTF-8, with a mark or without, or the UTF-16 of spreadsheets, which has one. */
function textOf(bytes: Buffer, path: string): string {
  const encoding = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new WrongUsage(`${path} is not UTF-8: save it as that.`);
  }
}

function rowsOfJson(text: string, path: string): CaptionRow[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (err) {
    throw new WrongUsage(`${path} is not JSON: ${err instanceof SyntaxError ? err.message : 'it cannot be parsed'}.`);
  }
  if (Array.isArray(value)) return value.map((entry, at) => rowOf(entry, `${path}: entry ${at + 1}`));
  if (isFields(value) && Array.isArray(value.images) && Array.isArray(value.annotations)) {
    return rowsOfCoco(value.images, value.annotations, path);
  }
  throw new WrongUsage(
    `${path} is neither a list of {"file", "caption", "tags"} nor COCO's {"images", "annotations"}.`,
  );
}

function rowOf(entry: unknown, place: string): CaptionRow {
  if (!isFields(entry)) throw new WrongUsage(`${place} is no object.`);
  const file = entry.file_name ?? entry.file;
  if (typeof file !== 'string' || file.trim() === '') throw new WrongUsage(`${place} has no file_name or file.`);
  const { caption = '', tags = [] } = entry;
  const captions: unknown[] = Array.isArray(caption) ? caption : [caption ?? ''];
  if (!areTexts(captions)) throw new WrongUsage(`${place}: caption must be a text, or a list of texts.`);
  const listed: unknown = typeof tags === 'string' ? tagsIn(tags) : (tags ?? []);
  if (!Array.isArray(listed) || !areTexts(listed)) throw new WrongUsage(`${place}: tags must be a list of texts.`);
  return { file, captions, tags: listed };
}

/** `images[{id, file_name}]` and `annotations[{image_id, caption}]` (cocodataset.org, format of captions). */
function rowsOfCoco(images: unknown[], annotations: unknown[], path: string): CaptionRow[] {
  const files = new Map<unknown, { file: string; captions: string[]; tags: string[] }>();
  images.forEach((image, at) => {
    if (!isFields(image) || typeof image.file_name !== 'string' || image.id === undefined) {
      throw new WrongUsage(`${path}: image ${at + 1} has no id or no file_name.`);
    }
    files.set(image.id, { file: image.file_name, captions: [], tags: [] });
  });
  annotations.forEach((annotation, at) => {
    if (!isFields(annotation) || typeof annotation.caption !== 'string') {
      throw new WrongUsage(`${path}: annotation ${at + 1} has no caption.`);
    }
    // An annotation of a picture that the file does not list names no file.
    files.get(annotation.image_id)?.captions.push(annotation.caption);
  });
  return [...files.values()];
}

function areTexts(values: readonly unknown[]): values is string[] {
  return values.every((value) => typeof value === 'string');
}

/** Tags in one text, as a cell or an option has them. */
export function tagsIn(text: string): string[] {
  return text
    .split(/[,;|]/)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

function codeOf(err: unknown): string {
  return typeof err === 'object' && err !== null && 'code' in err ? String(err.code) : String(err);
}
