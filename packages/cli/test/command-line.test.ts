/** How the command line is read. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { createCommandLine } from '../src/command-line.ts';
import type { ImportOptions } from '../src/import/import-command.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

async function asked(args: string[], environment: { url?: string; key?: string } = {}) {
  let options: ImportOptions | null = null;
  let said = '';
  const program = createCommandLine({
    url: environment.url,
    key: environment.key,
    async onImport(given) {
      options = given;
    },
  });
  const write = (text: string) => {
    said += text;
  };
  for (const command of [program, ...program.commands]) {
    command.configureOutput({ writeOut: write, writeErr: write, getOutHelpWidth: () => 100 });
  }
  const err = await program.parseAsync(args, { from: 'user' }).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return { options, said, err };
}

test('when nothing is said, then the folder is this one, and the API that of npm start', async () => {
  expect((await asked(['import'])).options).toEqual({
    folder: '.',
    api: 'http://localhost:3000',
    tags: [],
    nameBy: 'file',
    concurrency: 8,
    report: 'tintype-import.json',
    wait: true,
    dryRun: false,
  });
});

test('when everything is said, then options go before the environment', async () => {
  const flags = ['--captions', 'c.csv', '--tags', 'a, b', '--list', '-', '--name-by', 'path', '--key', 'mine'];
  const more = ['--api', 'https://t.example/', '--concurrency', '3', '--report', 'r.csv', '--no-wait', '--dry-run'];
  const { options } = await asked(['import', 'photos', ...flags, ...more], { url: 'http://other', key: 'other' });
  expect(options).toEqual({
    folder: 'photos',
    captions: 'c.csv',
    tags: ['a', 'b'],
    list: '-',
    nameBy: 'path',
    key: 'mine',
    api: 'https://t.example',
    concurrency: 3,
    report: 'r.csv',
    wait: false,
    dryRun: true,
  });
  expect((await asked(['import'], { url: 'http://t/', key: 'k' })).options).toMatchObject({
    api: 'http://t',
    key: 'k',
  });
});

test.each([
  [['import', '--captons', 'x'], 'Did you mean --captions?'],
  [['imprt'], 'Did you mean import?'],
  [['import', '--concurrency', '0'], 'It must be 1 to 64.'],
  [['import', '--api', 'ftp://x'], 'It must be http:// or https://.'],
  [['import', '--name-by', 'id'], 'Allowed choices are file, path.'],
  [['import', 'a', 'b'], 'too many arguments'],
])('when it is %j, then that is said', async (args, words) => {
  const { options, said, err } = await asked(args);
  expect([options, said]).toEqual([null, expect.stringContaining(words)]);
  expect(err).toMatchObject({ exitCode: 1 });
});

test('when the address in the environment is none, then it is named', async () => {
  expect((await asked(['import'], { url: 'localhost' })).err).toMatchObject({
    message: 'TINTYPE_URL must be http:// or https://, and is localhost.',
  });
});

test('when help is asked for, then it is what docs/import.md shows', async () => {
  const { said } = await asked(['import', '--help']);
  expect(readFileSync(join(root, 'docs/import.md'), 'utf8')).toContain(`\`\`\`text\n${said.trimEnd()}\n\`\`\``);
});
