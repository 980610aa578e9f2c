/** Where the command line begins: under a Node.js that cannot run it, that is all that happens. */
// Nothing is imported before: what older versions lack would end the process with a stack instead of this line.
if (Number.parseInt(process.versions.node, 10) < 24) {
  process.stderr.write(`This needs Node.js 24 or newer, and ${process.execPath} is ${process.version}.\n`);
  process.exit(2);
}
await import('./tintype.ts');
