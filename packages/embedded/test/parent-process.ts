/** A process that starts a private server on the folder in its argument, says so, and lives until it is killed. */
import { startPrivatePostgres, startRedis } from '../src/index.ts';

const [kind, dataDir = ''] = process.argv.slice(2);
const { pid, url } =
  kind === 'postgres'
    ? await startPrivatePostgres({ dataDir, durable: false })
    : await startRedis({ dataDir, persistent: true });
process.on('SIGINT', () => process.stdout.write('interrupted\n'));
process.stdout.write(`${JSON.stringify({ pid, url })}\n`);
