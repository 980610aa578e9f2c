// `npm run tintype`: the command line from its sources, in the folder in which npm was called. Plain JavaScript for Node.js >= 18.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { installOnce } from './install.mjs';

await installOnce();

const path = (name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const node = path(`node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`);
const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
const child = spawn(node, [...flags, path('packages/cli/src/main.ts'), ...process.argv.slice(2)], {
  cwd: process.env.INIT_CWD ?? process.cwd(),
  stdio: 'inherit',
});
// Ctrl-C reaches the child by itself, which says how far it was: we only wait.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.once('close', (code) => process.exit(code ?? 1));
