/** The images: who runs in them, what they say of themselves, how they are named, and the list of what is in them. */
import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { makeTestFolder } from '@tintype/testkit';
import { billOfMaterials } from '../../../scripts/images/bill-of-materials.ts';
import { readCheckout, webAddress } from '../../../scripts/images/checkout.ts';
import { imageName, services } from '../../../scripts/images/image-name.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const run = promisify(execFile);
const linesOf = async (path: string) => (await readFile(join(root, path), 'utf8')).split('\n');

let folder: string;
beforeAll(async () => {
  folder = await makeTestFolder();
});
afterAll(() => rm(folder, { recursive: true }));

describe('the Dockerfiles', () => {
  test('when a service runs, then as a user of its own, not root, in a group with those whose files it shares', async () => {
    const users = await Promise.all(
      services.map(async (service) => {
        const lines = await linesOf(`Dockerfile.${service}`);
        return lines
          .filter((line) => line.startsWith('USER '))
          .map((line) => /^USER (\d+):(\d+)$/.exec(line)?.slice(1));
      }),
    );
    const [[api = []] = [], [worker = []] = [], [search = []] = []] = users;
    expect(users.map((ofOne) => ofOne.length)).toEqual([1, 1, 1]);
    expect(new Set([api[0], worker[0], search[0]]).size).toBe(3);
    expect(api[1]).toBe(worker[1]);
    expect(search[1]).not.toBe(api[1]);
    expect([api[0], worker[0], search[0]]).not.toContain('0');
  });

  test('when they are built without more, then they say the version of the package', async () => {
    const { version } = await readCheckout(root);
    for (const service of services) expect(await linesOf(`Dockerfile.${service}`)).toContain(`ARG VERSION=${version}`);
  });

  test('when the sources change, then what is built before them is taken as it is, for all of them', async () => {
    const before = await Promise.all(
      services.map(async (service) => {
        const lines = await linesOf(`Dockerfile.${service}`);
        return lines.slice(1, lines.indexOf('COPY services services') + 1);
      }),
    );
    expect(before[0]?.length).toBeGreaterThan(5);
    expect(before[0]).toEqual(before[1]);
  });
});

describe('what starts a service in its image', () => {
  const start = (storage: string, ...command: string[]) =>
    run(join(root, 'scripts/images/entrypoint.sh'), command, { env: { PATH: process.env.PATH, STORAGE: storage } });
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8);

  test('when it makes files and folders, then they are open to its group, and to nobody else', async () => {
    await start('s3:bucket', 'sh', '-c', `mkdir '${folder}/made' && : >'${folder}/made/file'`);
    expect([await modeOf(`${folder}/made`), await modeOf(`${folder}/made/file`)]).toEqual(['770', '660']);
  });

  test('when folders of files are closed to the group, as those of 0.1.0, then it opens them, and leaves the rest', async () => {
    await mkdir(`${folder}/data/ab`, { recursive: true });
    await writeFile(`${folder}/data/ab/file`, '');
    for (const [path, mode] of [
      ['data', 0o755],
      ['data/ab', 0o755],
      ['data/ab/file', 0o644],
    ] as const) {
      await chmod(`${folder}/${path}`, mode);
    }
    const { stdout } = await start(`disk:${folder}/data`, 'echo', 'started', 'with  spaces');
    expect(stdout).toBe('started with  spaces\n');
    const modes = ['data', 'data/ab', 'data/ab/file'].map((path) => modeOf(`${folder}/${path}`));
    expect(await Promise.all(modes)).toEqual(['775', '775', '644']);
  });
});

describe('npm run images', () => {
  const images = (...args: string[]) =>
    run(process.execPath, ['--conditions=source', 'scripts/images/main.ts', ...args], { cwd: root });

  test.each([
    ['1.2.3', 'tintype-api:1.2.3'],
    ['ghcr.io/you/tintype:1.2.3', 'ghcr.io/you/tintype-api:1.2.3'],
    ['localhost:5000/tintype:next', 'localhost:5000/tintype-api:next'],
    ['ghcr.io/you/tintype', null],
    ['ghcr.io/You/tintype:1', null],
    ['a tag', null],
    ['', null],
  ])('when the tag is %j, then the API’s image is called %j', (given, name) => {
    expect(imageName(given, 'api')).toBe(name);
  });

  test('when it is asked what it would do, then it names each image, says where it is from, and pushes at the end', async () => {
    const { stdout } = await images('--tag', '1.2.3', '--tag', 'ghcr.io/you/tintype:1.2.3', '--push', '--dry-run');
    const { version, commit, source } = await readCheckout(root);
    // Other tests may be writing into the tree.
    const settled = (text: string) => text.replaceAll('-dirty', '');
    const from = `--build-arg VERSION=${version} --build-arg COMMIT=${commit} --build-arg SOURCE=${source}`;
    const names = (service: string) => [`tintype-${service}:1.2.3`, `ghcr.io/you/tintype-${service}:1.2.3`];
    const built = services.map(
      (service) => `docker build --tag ${names(service).join(' --tag ')} ${from} --file Dockerfile.${service} .`,
    );
    const pushed = services.flatMap(names).map((name) => `docker push ${name}`);
    expect(settled(stdout).trim().split('\n')).toEqual([...built, ...pushed].map(settled));
  });

  test('when a tag can be none, then it says so and how it is used, and builds nothing', async () => {
    await expect(images('--tag', 'Not/Right')).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^--tag Not\/Right names no image\nnpm run images -- /),
    });
  });

  test.each([
    ['git@github.com:you/tintype.git', 'https://github.com/you/tintype'],
    ['ssh://git@git.example.com:2222/you/tintype.git', 'https://git.example.com/you/tintype'],
    ['https://user:secret@git.example.com/you/tintype.git', 'https://git.example.com/you/tintype'],
    ['/srv/git/tintype', ''],
    ['file:///srv/git/tintype', ''],
    ['', ''],
  ])('when the repository is cloned from %j, then its web address is %j', (remote, address) => {
    expect(webAddress(remote)).toBe(address);
  });

  test('when it lists what is in an image, then npm packages are there, Node.js, and those of Debian', () => {
    const npmPackages = JSON.stringify({
      bomFormat: 'CycloneDX',
      serialNumber: 'urn:uuid:1',
      metadata: { timestamp: 'now' },
      components: [{ purl: 'pkg:npm/sharp@0.35.5', licenses: [{ license: { id: 'Apache-2.0' } }] }],
    });
    const debianPackages = 'libc6\t2.36-9+deb12u13\tamd64\nlogin\t1:4.13\tall\n';
    const osRelease = 'ID=debian\nVERSION_ID="12"\n';
    const bill = billOfMaterials('tintype-api:1', { npmPackages, debianPackages, osRelease, nodeVersion: 'v24.1.2\n' });
    expect(bill).toMatchObject({
      serialNumber: 'urn:uuid:1',
      metadata: { timestamp: 'now', properties: [{ name: 'tintype:image', value: 'tintype-api:1' }] },
      components: [
        { purl: 'pkg:npm/sharp@0.35.5', licenses: [{ license: { id: 'Apache-2.0' } }] },
        { name: 'node', version: '24.1.2', cpe: 'cpe:2.3:a:nodejs:node.js:24.1.2:*:*:*:*:*:*:*' },
        { name: 'libc6', purl: 'pkg:deb/debian/libc6@2.36-9%2Bdeb12u13?arch=amd64&distro=debian-12' },
        { name: 'login', purl: 'pkg:deb/debian/login@1%3A4.13?arch=all&distro=debian-12' },
      ],
    });
  });
});
