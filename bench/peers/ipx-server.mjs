/** A process: ipx behind Node's HTTP server. Arguments: its port, the domain that it may fetch from. */
import { createServer } from 'node:http';
import { createIPX, createIPXNodeServer, ipxHttpStorage } from 'ipx';

const [port, domain] = process.argv.slice(2);
const ipx = createIPX({ httpStorage: ipxHttpStorage({ domains: [domain] }) });
createServer({ keepAliveTimeout: 120_000 }, createIPXNodeServer(ipx)).listen(Number(port), '127.0.0.1');
