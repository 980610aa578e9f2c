/** Reads a file of settings strictly: only what `npm start` and compose read alike, everything else is an error. */
import { isUtf8 } from 'node:buffer';
import { InvalidSettings } from '@tintype/runtime';

const assignment = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/;
/** What may stand behind a value in quotes. */
const afterQuotes = /^[ \t]*(?:#.*)?$/;
const behindValue = /\s#.*$/;
/** A variable of the shell's kind, and a dollar sign written twice: compose fills them in, Node.js does not. */
const filledIn = /\$[A-Za-z_{$(]/;

/** A value, what stands behind it in its last line, and the number of that line. */
type Value = { value: string; rest: string; lastLine: number };

/**
 * Names and values, later lines never over earlier ones. Values may stand in single quotes (as they are) or in double
 * ones (`\n` is a new line), and may have several lines there. Throws `InvalidSettings` with file and line; values are not
 * shown, since they may be secrets.
 */
export function parseEnvFile(path: string, bytes: Buffer): Record<string, string> {
  if (!isUtf8(bytes) || bytes.includes(0)) throw new InvalidSettings(`${path} is no text in UTF-8: save it as UTF-8.`);
  const lines = bytes
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/);
  const values = new Map<string, string>();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? '';
    if (/^\s*(#|$)/.test(line)) continue;
    const place = `${path}:${at + 1}`;
    const [start, name] = assignment.exec(line) ?? [];
    if (start === undefined || name === undefined) throw new InvalidSettings(`${place} is not NAME=value.`);
    if (values.has(name)) throw new InvalidSettings(`${place}: ${name} is set for the second time.`);
    const problem = (what: string) => new InvalidSettings(`${place}: ${name} ${what}`);
    const { value, rest, lastLine } = readValue(lines, at, line.slice(start.length), problem);
    if (!afterQuotes.test(rest)) throw problem('has something behind its quotes.');
    values.set(name, value);
    at = lastLine;
  }
  return Object.fromEntries(values);
}

type ToProblem = (what: string) => InvalidSettings;

function readValue(lines: readonly string[], at: number, text: string, problem: ToProblem): Value {
  const quote = text[0];
  if (quote === '`') throw problem('has quotes that compose does not know: use \' or ".');
  if (quote === "'") return readQuoted(lines, at, text, problem);
  const read = quote === '"' ? readQuoted(lines, at, text, problem) : { value: text, rest: '', lastLine: at };
  const value = quote === '"' ? read.value : text.replace(behindValue, '').trim();
  if (filledIn.test(value)) throw problem("has a $, which compose fills in: put the value into single quotes ('…').");
  if (quote !== '"') {
    if (value.includes('#') && value[0] !== '#') throw problem("has a #: put the value into single quotes ('…').");
    return { ...read, value: value[0] === '#' ? '' : value };
  }
  if (/\\(?!n)/.test(value)) throw problem("has a \\ in double quotes: put the value into single quotes ('…').");
  return { ...read, value: value.replaceAll('\\n', '\n') };
}

/** From the quote that the text begins with to the next one, in whatever line that is. */
function readQuoted(lines: readonly string[], at: number, text: string, problem: ToProblem): Value {
  const quote = text.charAt(0);
  let value = text.slice(1);
  for (let lastLine = at; ; lastLine += 1) {
    const end = value.indexOf(quote);
    if (end !== -1) return { value: value.slice(0, end), rest: value.slice(end + 1), lastLine };
    const next = lines[lastLine + 1];
    if (next === undefined) throw problem(`begins with a ${quote} that is not closed.`);
    value += `\n${next}`;
  }
}
