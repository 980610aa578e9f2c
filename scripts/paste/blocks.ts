/** The blocks of code in a document that a reader pastes, and what the text promises of each. */
import { partialDeepStrictEqual } from 'node:assert';

export type Block = {
  language: string;
  code: string;
  /** Of its first line in the document. */
  line: number;
  /** What the document shows as the answer, in JSON right behind the block. */
  answer: { status?: unknown } | null;
  /** Why nobody pastes it: a comment before the block, `<!-- not pasted: the reason -->`. */
  passedOver: string | null;
};

/** What a block has said. */
export type Said = { stdout: string; stderr: string };

/** From top to bottom. */
export function readBlocks(text: string): Block[] {
  const fence = /(?:<!-- not pasted: ([^\n]*?) -->\n)?```(\w+)\n(.*?)```(?:\n\n```json\n(.*?)```)?/gs;
  return [...text.matchAll(fence)].map(({ index, 1: passedOver, 2: language = '', 3: code = '', 4: answer }) => ({
    language,
    code: code.trim(),
    line: text.slice(0, index).split('\n').length + (passedOver === undefined ? 0 : 1),
    answer: answer === undefined ? null : JSON.parse(answer),
    passedOver: passedOver ?? null,
  }));
}

/** How a reader runs it; null for what is only read, or goes into a file of some other program. */
export function commandOf({ language, code }: Block): string | null {
  if (language === 'sh') return code;
  if (language === 'js') return `node --input-type=module - <<'END'\n${code}\nEND`;
  if (language === 'python') return `python3 - <<'END'\n${code}\nEND`;
  return null;
}

/** What is wrong with what a block has said; null when it is as the document promises. */
export function complaintAbout({ language, code, answer }: Block, { stdout, stderr }: Said): string | null {
  if (answer !== null) return complaintAboutAnswer(answer, stdout);
  if (language !== 'sh') {
    return /^completed http:\S+\/file #[0-9a-f]{6}\n$/.test(stdout) ? null : 'It does not print its thumbnail.';
  }
  if (!code.includes('curl ')) return null;
  const problem = /"code":"[a-z_]+"|"status":"failed"/.exec(stdout);
  if (problem) return `An answer has ${problem[0]}.`;
  // Docker tells there how far it is.
  return stderr === '' || code.includes('docker ') ? null : 'It complains.';
}

function complaintAboutAnswer(shown: object, stdout: string): string | null {
  try {
    partialDeepStrictEqual(JSON.parse(stdout), shown);
    return null;
  } catch (err) {
    return `The answer is not what is shown: ${err instanceof Error ? err.message : err}`;
  }
}
