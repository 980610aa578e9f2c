/** The compose files hand every setting on, and the example of .env can be taken as it stands. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { apiSettings, completeSettings } from '@tintype/api';
import { describeSettings, readSettings, type SettingsSchema } from '@tintype/runtime';
import { searchSettings } from '@tintype/search';
import { workerSettings } from '@tintype/worker';
import Type from 'typebox';
import { Compile } from 'typebox/compile';
import { parse } from 'yaml';
import { localSettings } from '../../../scripts/local/config.ts';
import { parseEnvFile } from '../../../scripts/local/env-file.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

/** What is looked at of a compose file. */
const ComposeFile = Compile(
  Type.Object({
    services: Type.Record(
      Type.String(),
      Type.Object({
        volumes: Type.Optional(Type.Array(Type.String())),
        env_file: Type.Optional(Type.Array(Type.Object({ path: Type.String(), required: Type.Boolean() }))),
        environment: Type.Optional(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number(), Type.Null()]))),
      }),
    ),
  }),
);
const servicesOf = (path: string) => ComposeFile.Parse(parse(textOf(path), { merge: true })).services;
const compose = servicesOf('docker-compose.yml');
const production = servicesOf('docker-compose.production.yml');

/** The value that compose gives a variable whose name stands alone, or as `${NAME:-default}`. */
function writtenValue(written: string | number | null, name: string, env: Record<string, string>): string | undefined {
  if (written === null) return env[name];
  return String(written).replace(/\$\{(\w+):-((?:[^{}]|\$\{[^{}]*\})*)\}/g, (_all, variable: string, usual: string) =>
    env[variable] ? env[variable] : usual.replace(/\$\{(\w+):-([^{}]*)\}/g, (_one, inner, last) => env[inner] || last),
  );
}

const schemas: [string, SettingsSchema][] = [
  ['api', apiSettings],
  ['worker', workerSettings],
  ['search', searchSettings],
];
/** Where a container listens is its own affair; HOST and PORT are where it is published. */
const fixed = ['HOST', 'PORT'];

test('when presets are kept as the page of options says, then their file is in the folder that the API is given', () => {
  const [, block = ''] = /```yaml\n(.*?)```/s.exec(textOf('docs/options.md')) ?? [];
  const { environment = {}, volumes = [] } = ComposeFile.Parse(parse(block)).services.api ?? {};
  const [[, folder] = []] = volumes.map((volume) => volume.split(':'));
  expect(compose.api?.environment).toHaveProperty('PRESETS_FILE');
  expect(environment.PRESETS_FILE).toBe(`${folder}/presets.json`);
});

describe.each(schemas)('the %s', (service, schema) => {
  const { environment = {}, env_file: envFiles } = compose[service] ?? {};
  const names = Object.keys(schema.properties);

  test('when a setting stands in the shell or in .env, then it reaches the process', () => {
    const lost = names.filter((name) => {
      const written = environment[name];
      return written === undefined || writtenValue(written, name, { [name]: 'as set' }) !== 'as set';
    });
    expect(lost).toEqual(fixed.filter((name) => names.includes(name)));
    expect(envFiles).toEqual([{ path: '.env', required: false }]);
  });

  test('when nothing is set, then what the file itself says is taken by the schema', () => {
    const own = Object.entries(environment).flatMap(([name, written]) => {
      const value = names.includes(name) ? writtenValue(written, name, {}) : undefined;
      return value === undefined ? [] : [[name, value]];
    });
    expect(() => readSettings(schema, Object.fromEntries(own))).not.toThrow();
    expect(own.length).toBeGreaterThan(2);
  });

  test('when nothing is set, then what the image sets stays as it is', () => {
    const [, set = ''] = /^ENV (NODE_ENV=.*)$/m.exec(textOf(`Dockerfile.${service}`)) ?? [];
    const lost = set.split(' ').filter((variable) => {
      const [name = '', value] = variable.split('=');
      const written = environment[name];
      return written !== undefined && writtenValue(written, name, {}) !== value;
    });
    expect(set).toContain('NODE_ENV=production');
    expect(lost).toEqual([]);
  });

  test('when others have secrets in .env, then they are empty here, in production too', () => {
    const foreign = schemas
      .flatMap(([, other]) => describeSettings(other))
      .filter(({ name, secret }) => secret && !names.includes(name));
    for (const { name } of foreign) expect([name, environment[name]]).toEqual([name, '']);
    const added = Object.keys(production[service]?.environment ?? {});
    expect(added.filter((name) => !names.includes(name))).toEqual([]);
  });
});

test('when a service has limits, then they stand in one place: compose refuses a file that has them in two', () => {
  const texts = ['docker-compose.yml', 'docker-compose.production.yml'].map(textOf);
  expect(texts.map((text) => /^ +(pids_limit|mem_limit|cpus):.*/m.exec(text)?.[0] ?? null)).toEqual([null, null]);
  expect(texts.filter((text) => text.includes('limits: {'))).toEqual(texts);
});

test('when the # is taken away from every line of .env.example, then all services take it, and nothing has changed', () => {
  const example = textOf('.env.example').replace(/^# (?=[A-Z][A-Z0-9_]*=)/gm, '');
  const given = parseEnvFile('.env.example', Buffer.from(example));
  for (const schema of [apiSettings, workerSettings, searchSettings, localSettings]) {
    const names = Object.keys(schema.properties);
    expect(names.filter((name) => !(name in given))).toEqual([]);
    expect(readSettings(schema, given)).toEqual(readSettings(schema, {}));
  }
});

const everySetting = [apiSettings, workerSettings, searchSettings, localSettings].flatMap(({ properties }) =>
  Object.entries(properties),
);
const timers = everySetting.filter(([name]) => name.endsWith('_MS'));
test.each(timers)(
  'when %s is longer than a timer can wait, then it is refused: it would end at once',
  (name, schema) => {
    const one = Type.Object({ [name]: schema });
    expect(() => readSettings(one, { [name]: '2147483648' })).toThrow(
      // Some have a reason of their own to be shorter.
      `${name}="2147483648" must be <= ${name === 'IMAGE_WAIT_MS' ? 60_000 : 2_147_483_647}`,
    );
  },
);

test.each([
  [{ RESULT_TTL_SECONDS: '1000000000000000' }, 'RESULT_TTL_SECONDS="1000000000000000" must be <='],
  [{ HEADERS_TIMEOUT_MS: '2000', REQUEST_TIMEOUT_MS: '1000' }, 'HEADERS_TIMEOUT_MS=2000 must not be more than'],
  [{ QUOTA_JOBS: '1e6' }, 'QUOTA_JOBS="1e6" must be a whole number or off'],
  [{ REDIS_URL: 'localhost:6379' }, 'REDIS_URL="localhost:6379" must be redis://…'],
  [{ PUBLIC_URL: 'pictures.example.org' }, 'PUBLIC_URL="pictures.example.org" must be like https://'],
  [{ PUBLIC_URL: 'https://example.org/?a=b' }, 'PUBLIC_URL="https://example.org/?a=b" must be like https://'],
])('when the API is given %j, then it says what is wrong', (given, line) => {
  expect(() => completeSettings(readSettings(apiSettings, given))).toThrow(line);
});

test('when no quotas are set, then the log says what counts', () => {
  const shown = (given: Record<string, string>) => completeSettings(readSettings(apiSettings, given));
  expect(shown({})).toMatchObject({ QUOTA_JOBS: 'off', QUOTA_REDIS_BYTES: 'off', QUOTA_DISK_BYTES: 'off' });
  expect(shown({ AUTH: 'required' })).toMatchObject({ QUOTA_JOBS: '1000000' });
});
