/** `npm run images`: builds the images of the services under names that can be pushed, and lists what is in them. */
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { billOfMaterials, readImage } from './bill-of-materials.ts';
import { type Checkout, readCheckout } from './checkout.ts';
import { imageName, type Service, services } from './image-name.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const listsFolder = 'sbom';
const usage = `npm run images -- [--tag NAME] [--push] [--dry-run]
  --tag NAME   1.2.3 makes tintype-api:1.2.3, and likewise for worker and search; ghcr.io/you/tintype:1.2.3 makes
               ghcr.io/you/tintype-api:1.2.3 and so on; again for more names.
               Without it: the version of package.json
  --push       then pushes them; log in first (docker login)
  --dry-run    only prints the commands`;

/** Ends the process with what is wrong, and how to do it right. */
function refuse(what: string): never {
  console.error(`${what}\n${usage}`);
  process.exit(2);
}

type Order = { tags: string[]; push: boolean; dryRun: boolean; help: boolean };

function readOrder(): Order {
  try {
    const { values } = parseArgs({
      options: {
        tag: { type: 'string', multiple: true, default: [] },
        push: { type: 'boolean', default: false },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    return { tags: values.tag, push: values.push, dryRun: values['dry-run'], help: values.help };
  } catch (err) {
    return refuse(err instanceof Error ? err.message : String(err));
  }
}

function namesOf(service: Service, tags: readonly string[]): [string, ...string[]] {
  const [first = null, ...more] = tags.map((tag) => imageName(tag, service) ?? refuse(`--tag ${tag} names no image`));
  return first === null ? refuse('--tag has no name') : [first, ...more];
}

function buildCommand(service: Service, names: readonly string[], { version, commit, source }: Checkout): string[] {
  const said = { VERSION: version, COMMIT: commit, SOURCE: source };
  return [
    'build',
    ...names.flatMap((name) => ['--tag', name]),
    ...Object.entries(said).flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...['--file', `Dockerfile.${service}`, '.'],
  ];
}

/** Resolves when it has ended well; else the process ends as it did. */
function docker(args: string[], dryRun: boolean): Promise<void> {
  console.log(['docker', ...args].join(' '));
  if (dryRun) return Promise.resolve();
  return new Promise((resolve) => {
    const child = spawn('docker', args, { cwd: root, stdio: 'inherit' });
    child.once('error', () => {
      console.error('Docker cannot be started: is it installed, and on the PATH?');
      process.exit(1);
    });
    child.once('close', (code) => (code === 0 ? resolve() : process.exit(code ?? 1)));
  });
}

/** `sbom/tintype-api_1.2.3.cdx.json`, and with the registry's name before that where there is one. */
async function writeList(image: string): Promise<void> {
  const path = join(listsFolder, `${image.replaceAll(/[/:]/g, '_')}.cdx.json`);
  const bill = billOfMaterials(image, await readImage(image));
  await mkdir(join(root, listsFolder), { recursive: true });
  await writeFile(join(root, path), `${JSON.stringify(bill, null, 2)}\n`);
  console.log(`${path}: ${bill.components.length} parts`);
}

const order = readOrder();
if (order.help) {
  console.log(usage);
  process.exit();
}
const checkout = await readCheckout(root);
const tags = order.tags.length === 0 ? [checkout.version] : order.tags;
const images = services.map((service) => ({ service, names: namesOf(service, tags) }));
for (const { service, names } of images) {
  await docker(buildCommand(service, names, checkout), order.dryRun);
  if (!order.dryRun) await writeList(names[0]);
}
// Pushed when both are there, so that nobody gets one of them without the other.
for (const name of order.push ? images.flatMap(({ names }) => names) : []) await docker(['push', name], order.dryRun);
