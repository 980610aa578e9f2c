/** A function fits on one screen: measured on the syntax tree of every source file. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { parseSync } from '@swc/core';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const longestLines = 60;

type LongFunction = { name: string; lines: number };

const functionTypes = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'MethodProperty',
  'Constructor',
]);

type Node = { type: string; span: { start: number; end: number } };

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'span' in value;
}

/** Functions and methods that are longer than they may be; those inside of them count for themselves, and for them. */
function longFunctionsIn(text: string): LongFunction[] {
  // A last statement, so that the tree ends where the text does: spans count bytes over all files that were parsed
  // before.
  const bytes = Buffer.from(`${text}\n;0`);
  const tree = parseSync(bytes.toString(), { syntax: 'typescript', target: 'es2024' });
  const first = tree.span.end - bytes.length;
  const found: LongFunction[] = [];
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if (isNode(value) && functionTypes.has(value.type)) {
      const body = bytes.subarray(value.span.start - first, value.span.end - first).toString();
      const lines = body.split('\n').length;
      if (lines > longestLines) found.push({ name: body.slice(0, 60).split('\n')[0] ?? '', lines });
    }
    for (const inner of Object.values(value)) visit(inner);
  };
  visit(tree.body);
  return found;
}

function sourcesIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && /\/src(\/|$)/.test(entry.parentPath))
    .filter((entry) => !/node_modules|\/dist\//.test(entry.parentPath))
    .map((entry) => join(entry.parentPath, entry.name));
}

test('when a function is too long, then it is found', () => {
  const lines = Array.from({ length: 70 }, (_, n) => `  const a${n} = ${n};`).join('\n');
  expect(longFunctionsIn(`const x = 1;\nfunction long() {\n${lines}\n}\nfunction short() {}\n`)).toEqual([
    { name: 'function long() {', lines: 72 },
  ]);
});

test('every function of the product and of its rigs fits on one screen', () => {
  const tooLong = ['packages', 'services', 'bench']
    .flatMap(sourcesIn)
    .flatMap((path) =>
      longFunctionsIn(readFileSync(path, 'utf8')).map(
        ({ name, lines }) => `${relative(root, path)}: ${lines}: ${name}`,
      ),
    );
  expect(tooLong).toEqual([]);
});
