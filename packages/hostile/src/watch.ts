/** Every answer of the service passes here: those that are errors of its own, or tell of its inside, are noted. */

export type Watch = {
  /** Answers seen so far. */
  answers(): number;
  /** Answers with a status of 500 or more, each with the case it belongs to. */
  serverErrors(): readonly string[];
  /** Answers that told something of the inside. */
  leaks(): readonly string[];
  /** Looks at one answer. `sent` is what the client itself had said: giving that back tells it nothing new. */
  look(label: string, status: number, text: string, sent?: readonly string[]): void;
};

/** What tells of the inside whatever the request was. */
const telling: readonly [what: string, pattern: RegExp][] = [
  ['a stack', /\bat (?:async )?[\w.<>[\] ]+ \(?[^\s)]+:\d+:\d+\)?/],
  ['a stack', /node:internal|node_modules/],
  [
    'a file path',
    /(?:^|[\s"'(=:])(?:file:\/\/)?\/(?:tmp|home|root|usr|var|etc|opt|srv|mnt|app|work|proc|dev)\/[\w.-]+/,
  ],
  ['an internal address', /\b(?:10|127)\.\d{1,3}\.\d{1,3}\.\d{1,3}\b|\b(?:169\.254|192\.168)\.\d{1,3}\.\d{1,3}\b/],
  ['an internal address', /\b172\.(?:1[6-9]|2\d|3[01])\.\d{1,3}\.\d{1,3}\b|\[?::1\]|\bf[cd][0-9a-f]{2}:[0-9a-f:]+/],
  ['a system error', /\bE(?:CONNREFUSED|CONNRESET|NOENT|ACCES|PIPE|NOTFOUND|AI_AGAIN)\b|\bgetaddrinfo\b/],
  ['a library’s words', /\b(?:Vips\w+|vips_\w+|libvips|ReplyError|BullMQ|ioredis|UND_ERR_\w+|HPE_\w+)\b/],
  ['the server’s name and version', /^(?:x-powered-by|server):/im],
];

/** Answers that show the inside, to the operator's own key alone: whether secrets are masked there, tests of their own tell. */
const operatorsOwn = /^GET \/v1\/settings\b/;

/** `secrets` are strings of this very installation: folders, sockets. */
export function createWatch(secrets: readonly string[]): Watch {
  const serverErrors: string[] = [];
  const leaks: string[] = [];
  let answers = 0;
  return {
    answers: () => answers,
    serverErrors: () => serverErrors,
    leaks: () => leaks,
    look(label, status, text, sent = []) {
      answers++;
      if (status >= 500) serverErrors.push(`${label}: ${status} ${text.slice(-300)}`);
      if (operatorsOwn.test(label)) return;
      const unsaid = withoutSent(text, sent);
      for (const secret of secrets) if (unsaid.includes(secret)) leaks.push(`${label}: ${secret}`);
      for (const [what, pattern] of telling) {
        const [found] = pattern.exec(unsaid) ?? [];
        if (found !== undefined) leaks.push(`${label}: ${what}: ${found.slice(0, 200)}`);
      }
    },
  };
}

/** Also as it stands in JSON. */
function withoutSent(text: string, sent: readonly string[]): string {
  const forms = sent.filter((said) => said !== '').flatMap((said) => [said, JSON.stringify(said).slice(1, -1)]);
  return forms.reduce((rest, said) => rest.replaceAll(said, ''), text);
}

/** Status line, headers and body as text; pictures and other bytes are left out. */
export function textOf(answer: { status: number; headers: Headers; body: Buffer }): string {
  const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`).join('\n');
  const type = answer.headers.get('content-type') ?? '';
  const isText = /^(?:text|application)\/|\+json|\+xml/.test(type);
  return `${answer.status}\n${headers}\n\n${isText ? answer.body.toString('utf8') : ''}`;
}
