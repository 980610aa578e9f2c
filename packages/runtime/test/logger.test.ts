/** What may not stand in a log. */
import { expect, test } from '@jest/globals';
import { createLogger } from '../src/logger.ts';

test.each([
  ['an address', { url: 'https://a.example/b.jpg?sig=private&x=1' }],
  ['a path', { url: '/v1/thumbnails/1/file?exp=1&sig=private' }],
  ['a query with quotes', { url: '/x?a="&sig=private' }],
  ['the message of an error', { err: new Error('GET https://a.example/b?private failed') }],
])('when %s has a query, then it is masked, and the line is still JSON', (_what, fields) => {
  const lines: string[] = [];
  const logger = createLogger({ name: 't', level: 'trace', destination: { write: (line) => void lines.push(line) } });
  logger.trace(fields, 'done? yes');
  expect(lines.join()).not.toContain('private');
  expect(JSON.parse(lines.join())).toMatchObject({ msg: 'done? yes' });
});
