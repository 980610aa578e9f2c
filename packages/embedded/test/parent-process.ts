/** A process that starts a private Redis on the folder in its argument, says so, and lives until it is killed. */
import { startRedis } from '../src/index.ts';

const { pid, url } = await startRedis({ dataDir: process.argv[2] ?? '', persistent: true });
process.on('SIGINT', () => process.stdout.write('interrupted\n'));
process.stdout.write(`${JSON.stringify({ pid, url })}\n`);
