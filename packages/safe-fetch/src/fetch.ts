/** Fetches a stranger's URL: follows redirects by hand, with every check again at each, inside one total time. */
import { isIP } from 'node:net';
import { Problem } from '@tintype/contracts';
import { Agent } from 'undici';
import { allowedRanges, allowsHost, hostnameOf, portOf } from './allow-list.ts';
import { type ConnectSettings, createConnector } from './connect.ts';
import { encodingsOf, unpack } from './content-encoding.ts';
import { download } from './download.ts';
import { FetchFailure, problemOfFailure, problemOfStatus } from './errors.ts';
import type { Answer } from './reception.ts';
import { SourceBuffers } from './source-buffers.ts';
import { headersFor, type SourceHeaders } from './source-headers.ts';
import { Deadline } from './time-limit.ts';
import { conditionsOf, confirms, type Validators, validatorsOf } from './validators.ts';
import { hashOf, judgeFreshness, judgeValidity, type KnownSource, noRedirects, type Validity } from './validity.ts';

/** Limits with a house default; times in milliseconds. */
export const fetchDefaults = {
  /** Resolving, TCP and TLS of one connection. */
  connectTimeoutMs: 3_000,
  /** From the request to the end of the answer's head. */
  headersTimeoutMs: 5_000,
  /** Between two pieces of a body. */
  idleTimeoutMs: 5_000,
  maxRedirects: 5,
};

export type SafeFetchSettings = Omit<ConnectSettings, 'connectTimeoutMs'> &
  Partial<typeof fetchDefaults> & {
    /** Largest body. */
    maxBytes: number;
    /** Everything together, redirects included. */
    timeoutMs: number;
    userAgent: string;
    /** For named hosts only. */
    headers?: SourceHeaders;
  };

export type FetchedSource = {
  /** Unpacked, where the source compresses although it was asked not to. */
  bytes: Buffer;
  /** Of `bytes`, 64 hexadecimal digits. */
  sha256: string;
  /** The URL that was answered with 200, without its fragment. */
  finalUrl: string;
  /** As the source said it; not to be trusted. */
  contentType: string | null;
  /** Null when the source said nothing that is of use, or that nothing may be kept. */
  validity: Validity | null;
  /** To be called when nobody reads `bytes` any more: they are another body's then. */
  release: () => void;
};

/** The source says that it still has what is known of it. */
export type UnchangedSource = { unchanged: true; validity: Validity | null };

export type FetchOptions = {
  signal?: AbortSignal;
  /**
   * Told of each piece of the body; when it answers a promise, no more is read and no time runs until that resolves.
   */
  onBody?: (bytes: number) => Promise<void> | null;
  /**
   * Whether host names that do not exist and those that lead to forbidden addresses fail alike, here and behind
   * redirects: else whoever asks could find out which names there are inside. The `cause` still says which it was.
   */
  hidesNames?: boolean | undefined;
};

export type SafeFetch = {
  /**
   * Gets the bytes of an http(s) URL. Throws a Problem (`invalid_request`, `source_forbidden_address`,
   * `source_unreachable`, `source_status`, `source_timeout`, `source_too_large`), or the reason of `signal`.
   */
  get(url: string, options?: FetchOptions): Promise<FetchedSource>;
  /**
   * The same, unless the source says that nothing has changed since it said `known`. A 304 that was not asked for, or is
   * about something else, is none.
   */
  getIfChanged(url: string, known: KnownSource, options?: FetchOptions): Promise<FetchedSource | UnchangedSource>;
  /** Closes every connection; fetches that still run fail as `source_unreachable`. */
  close(): Promise<void>;
};

type Limits = SafeFetchSettings & typeof fetchDefaults & { buffers: SourceBuffers };

const redirectStatuses = [301, 302, 303, 307, 308];
const defaultKeepAliveMs = 4_000;

/** How a Problem names the source: the host that the caller wrote, never where DNS or a redirect led. */
function subjectOf(start: URL, hops: number): string {
  const isLiteral = isIP(hostnameOf(start)) !== 0;
  if (hops > 0) return `The redirect target of ${isLiteral ? 'the URL' : start.hostname}`;
  return isLiteral ? 'The host of the URL' : start.hostname;
}

/**
 * Whether the caller may not learn whether the name exists. Of a literal there is nothing to learn, nor of a `localhost` of
 * the caller's own (RFC 6761 §6.3); names below it may be somebody's.
 */
function isSecret(url: URL, hops: number): boolean {
  const hostname = hostnameOf(url);
  return isIP(hostname) === 0 && !(hops === 0 && hostname === 'localhost');
}

function parseStart(text: string): URL {
  if (!URL.canParse(text)) throw new Problem('invalid_request', { detail: 'The URL cannot be parsed.' });
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') {
    throw new Problem('invalid_request', { detail: 'The URL must not contain a user name or password.' });
  }
  url.hash = '';
  return url;
}

/** Where a redirect leads. Location may be relative (RFC 9110 §10.2.2), and is often raw UTF-8. */
function parseLocation({ status, headers }: Answer, from: URL): URL {
  const raw = headers.location;
  const location = typeof raw === 'string' ? Buffer.from(raw, 'latin1').toString() : null;
  if (location === null || !URL.canParse(location, from.href)) {
    throw new Problem('source_status', { detail: `The source answered ${status} without a usable Location.` });
  }
  const url = new URL(location, from.href);
  if (url.username !== '' || url.password !== '') {
    throw new Problem('source_forbidden_address', { detail: 'The source redirected to a URL with credentials.' });
  }
  url.hash = '';
  return url;
}

/** Refuses what the URL alone gives away; addresses are the connector's affair. */
function checkUrl(url: URL, subject: string, { allow, ports }: Limits, allowable: string | null): void {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Problem('source_forbidden_address', { detail: 'Only http and https URLs are fetched.' });
  }
  const port = portOf(url);
  const isOpen = ports.includes(port) || allowsHost(allow, hostnameOf(url), port) || allowedRanges(allow).length > 0;
  if (!isOpen) throw problemOfFailure(new FetchFailure('forbidden'), subject, { allowable });
}

/** Made once: an error costs a stack, and this one ends every fetch. */
const exchangeIsOver = new FetchFailure('broke_off');

type Exchanges = { signal: AbortSignal; onBody: FetchOptions['onBody'] };
type Follow = Exchanges & { hidesNames: boolean; known: KnownSource | null };

async function follow(
  agent: Agent,
  start: URL,
  limits: Limits,
  { hidesNames, known, ...exchanges }: Follow,
): Promise<FetchedSource | UnchangedSource> {
  let url = start;
  let ofRedirects = noRedirects;
  for (let hops = 0; hops <= limits.maxRedirects; hops++) {
    const subject = subjectOf(start, hops);
    const isHidden = hidesNames && isSecret(url, hops);
    // Where a redirect led is nothing that the caller wrote.
    const allowable = hops > 0 || isHidden ? null : `${url.hostname}:${portOf(url)}`;
    checkUrl(url, subject, limits, allowable);
    const redirectedTo = url.href === start.href ? undefined : hashOf(url);
    // A tag is one URL's: no other host ever sees it, and no other picture is taken for this one.
    const validators = known !== null && known.redirectedTo === redirectedTo ? known : null;
    const { answer, ...asked } = await ask(agent, url, validators, limits, exchanges).catch((error) => {
      throw problemOfFailure(error, subject, { hidesNames: isHidden, allowable });
    });
    const validityOf = (kept: Validators | null) =>
      judgeValidity(answer.headers, kept, { ...asked, redirectedTo, ofRedirects });
    if (answer.body !== null) {
      const contentType = answer.headers['content-type'];
      const body = await unpack(answer.body, encodingsOf(answer.headers), { ...limits, ...exchanges }).catch(
        (error) => {
          throw problemOfFailure(error, subject);
        },
      );
      return {
        ...body,
        finalUrl: url.href,
        contentType: typeof contentType === 'string' ? contentType : null,
        validity: validityOf(validatorsOf(answer.headers, asked.askedAtMs)),
      };
    }
    if (answer.status === 304 && asked.validators) return { unchanged: true, validity: validityOf(asked.validators) };
    if (!redirectStatuses.includes(answer.status)) throw problemOfStatus(answer.status, answer.headers);
    ofRedirects = judgeFreshness(answer.headers, { ...asked, ofRedirects });
    url = parseLocation(answer, url);
  }
  throw new Problem('source_status', { detail: `The source redirected more than ${limits.maxRedirects} times.` });
}

type Asked = {
  askedAtMs: number;
  isAuthorized: boolean;
  /** Those that were sent with the question. */
  validators: Validators | null;
};

/** Asks one URL, and once more without conditions where its answer to them makes no sense. */
async function ask(
  agent: Agent,
  url: URL,
  validators: Validators | null,
  limits: Limits,
  exchanges: Exchanges,
): Promise<Asked & { answer: Answer }> {
  const headers: Record<string, string> = {
    accept: 'image/*',
    'accept-encoding': 'identity',
    'user-agent': limits.userAgent,
    ...(limits.headers && headersFor(limits.headers, url)),
    ...(validators && conditionsOf(validators)),
  };
  const askedAtMs = Date.now();
  const answer = await download(agent, url, { ...limits, headers, ...exchanges });
  const isAboutAnother = answer.status === 304 && validators !== null && !confirms(answer.headers, validators);
  if (isAboutAnother || (answer.status === 412 && validators !== null)) {
    return ask(agent, url, null, limits, exchanges);
  }
  return { answer, askedAtMs, isAuthorized: 'authorization' in headers, validators };
}

/**
 * The only way out to strangers' URLs. Connections are kept for a few seconds and reused; HTTP/1.1 only; proxies named
 * in the environment are not used, since a proxy would connect where nothing was checked.
 */
export function createSafeFetch(settings: SafeFetchSettings): SafeFetch {
  const limits: Limits = { ...fetchDefaults, ...settings, buffers: new SourceBuffers() };
  const agent = new Agent({
    connect: createConnector(limits),
    allowH2: false,
    useMilo: false,
    // The time limits of download.ts are finer.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: defaultKeepAliveMs,
    // A stranger's Keep-Alive hint may not hold a connection for longer.
    keepAliveMaxTimeout: defaultKeepAliveMs,
  });

  async function run(
    text: string,
    known: KnownSource | null,
    { signal, onBody, hidesNames = false }: FetchOptions,
  ): Promise<FetchedSource | UnchangedSource> {
    signal?.throwIfAborted();
    const start = parseStart(text);
    // Own controller and timer: AbortSignal.any with AbortSignal.timeout can be lost to the garbage collector and never
    // fire.
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal?.reason);
    const deadline = new Deadline(limits.timeoutMs, () => stop.abort(new FetchFailure('deadline')));
    const onPiece = (bytes: number) => {
      const wait = onBody?.(bytes);
      return wait ? deadline.during(wait) : null;
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      return await follow(agent, start, limits, { signal: stop.signal, onBody: onBody && onPiece, hidesNames, known });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    } finally {
      deadline.lift();
      signal?.removeEventListener('abort', onAbort);
      // Ends what is left of the bodies of redirects and errors.
      stop.abort(exchangeIsOver);
    }
  }

  async function get(url: string, options: FetchOptions = {}): Promise<FetchedSource> {
    const fetched = await run(url, null, options);
    if ('unchanged' in fetched) throw new Error('a source that was not asked about has not changed');
    return fetched;
  }

  const close = () => agent.destroy();
  return { get, getIfChanged: (url, known, options = {}) => run(url, known, options), close };
}
