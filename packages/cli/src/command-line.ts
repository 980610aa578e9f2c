/** The commands and their options, as `--help` tells them. */
import { Command, InvalidArgumentError, Option } from 'commander';
import { tagsIn } from './import/captions.ts';
import type { ImportOptions } from './import/import-command.ts';
import { nameChoices } from './import/wording.ts';
import { WrongUsage } from './wrong-usage.ts';

export type CommandLineOptions = {
  /** What holds where the options say nothing. */
  url: string | undefined;
  key: string | undefined;
  /** Called with what was asked for. */
  onImport(options: ImportOptions): Promise<void>;
};

const usualUrl = 'http://localhost:3000';
const mostAtOnce = 64;
const usualAtOnce = 8;

const importNotes = `
Captions: CSV (file,caption,tags), JSON ([{"file", "caption", "tags"}]) or COCO's captions JSON.
Ctrl-C, or a crash: the same command goes on where it was, by the journal beside the report.
Exit code: 0 all done, 1 some failed or it was stopped, 2 wrong usage, 130 ended by Ctrl-C.`;

/** Throws `CommanderError` for what cannot be followed, and for `--help`, once it has been written. */
export function createCommandLine({ url, key, onImport }: CommandLineOptions): Command {
  const program = new Command('tintype')
    .description('Pictures into a Tintype, from the command line.')
    .exitOverride()
    .showSuggestionAfterError()
    .helpCommand(false);
  program
    .command('import')
    .description('Puts the pictures of a folder into the library, with their captions.')
    .argument('[folder]', 'folder with the pictures, and folders in it', '.')
    .option('-c, --captions <file>', 'what is said of the pictures: CSV or JSON')
    .addOption(
      new Option('-t, --tags <tags>', 'tags of all of them, separated by commas').argParser(tagsIn).default([], 'none'),
    )
    .option('-l, --list <file>', 'only the files named there, one a line; - reads a pipe')
    .addOption(new Option('--name-by <what>', 'what an item is called by').choices(nameChoices).default('file'))
    .option('--api <url>', `the API (TINTYPE_URL, or ${usualUrl})`, urlOf)
    .option('--key <key>', 'an API key with the scope library (better: TINTYPE_KEY)')
    .option('--concurrency <n>', 'pictures that are sent at once', countOf, usualAtOnce)
    .option('-r, --report <file>', 'what failed, .json or .csv', 'tintype-import.json')
    .option('--no-wait', 'end when all are sent, and do not look what becomes of them')
    .option('-n, --dry-run', 'list what would be sent, and send nothing')
    .addHelpText('after', importNotes)
    .action(async (folder: string, flags: Partial<ImportOptions> & Flags) => {
      const { api = urlOfEnvironment(url), dryRun = false, ...others } = flags;
      await onImport({ ...(key !== undefined && { key }), ...others, folder, api, dryRun });
    });
  return program;
}

/** Those that have a value whether they are given or not. */
type Flags = Pick<ImportOptions, 'tags' | 'concurrency' | 'nameBy' | 'report' | 'wait'>;

function urlOfEnvironment(url: string | undefined): string {
  try {
    return url === undefined ? usualUrl : urlOf(url);
  } catch (cause) {
    throw new WrongUsage(`TINTYPE_URL must be http:// or https://, and is ${url}.`, { cause });
  }
}

function urlOf(text: string): string {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new InvalidArgumentError('It must be http:// or https://.');
  return text.replace(/\/+$/, '');
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= mostAtOnce) return count;
  throw new InvalidArgumentError(`It must be 1 to ${mostAtOnce}.`);
}
