/** The list of all that is in an image (CycloneDX): what pnpm has put in, Node.js, and the packages of Debian. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import Type, { type Static } from 'typebox';
import { Compile } from 'typebox/compile';

/** What we look at of the list that pnpm has made; all the rest of it stays as it is. */
const Bill = Type.Object({
  bomFormat: Type.Literal('CycloneDX'),
  metadata: Type.Object({}),
  components: Type.Array(Type.Object({ purl: Type.String() })),
});
type Bill = Static<typeof Bill>;
const BillOfPackages = Compile(Bill);

export type InImage = {
  /** The list of npm packages, which the build leaves in each image. */
  npmPackages: string;
  /** Lines of name, version, architecture, tab-separated. */
  debianPackages: string;
  osRelease: string;
  nodeVersion: string;
};

/** Reads them by running the image, without network. */
export async function readImage(image: string): Promise<InImage> {
  const run = async (program: string, ...args: string[]) => {
    const command = ['run', '--rm', '--network', 'none', '--entrypoint', program, image, ...args];
    return (await promisify(execFile)('docker', command, { maxBuffer: 2 ** 26 })).stdout;
  };
  const debianFormat = '$' + '{Package}\\t$' + '{Version}\\t$' + '{Architecture}\\n';
  const [npmPackages, debianPackages, osRelease, nodeVersion] = await Promise.all([
    run('cat', '/app/sbom.cdx.json'),
    run('dpkg-query', '--show', `--showformat=${debianFormat}`),
    run('cat', '/etc/os-release'),
    run('node', '--version'),
  ]);
  return { npmPackages, debianPackages, osRelease, nodeVersion };
}

/** Throws when the list of npm packages is none. */
export function billOfMaterials(image: string, { npmPackages, debianPackages, osRelease, nodeVersion }: InImage): Bill {
  const bill: unknown = JSON.parse(npmPackages);
  if (!BillOfPackages.Check(bill)) throw new Error(`${image} has no list of its npm packages`);
  const { ID: id = 'debian', VERSION_ID: release = '' } = Object.fromEntries(
    [...osRelease.matchAll(/^(\w+)="?([^"\n]*)"?$/gm)].map(([, name = '', value]) => [name, value]),
  );
  const debian = debianPackages
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [name = '', version = '', architecture = ''] = line.split('\t');
      const purl = `pkg:deb/${id}/${name}@${encodeURIComponent(version)}?arch=${architecture}&distro=${id}-${release}`;
      return { type: 'library', name, version, purl, 'bom-ref': purl };
    });
  return {
    ...bill,
    metadata: { ...bill.metadata, properties: [{ name: 'tintype:image', value: image }] },
    components: [...bill.components, nodeOf(nodeVersion.trim().replace(/^v/, '')), ...debian],
  };
}

/** By both names under which vulnerabilities of Node.js are listed. */
function nodeOf(version: string) {
  const purl = `pkg:generic/node@${version}`;
  const cpe = `cpe:2.3:a:nodejs:node.js:${version}:*:*:*:*:*:*:*`;
  return { type: 'platform', name: 'node', version, purl, cpe, 'bom-ref': purl };
}
