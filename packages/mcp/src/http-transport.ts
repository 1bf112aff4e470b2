import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/sdk/types.js';
import { OrchError } from '@orch/contracts';
import type { ToolServer } from '@orch/contracts';
import type { Surroundings } from './open-tool-servers.ts';
import { readAnswer, readStart } from './read-answer.ts';
import { withSecrets } from './with-secrets.ts';

type Address = Extract<ToolServer, { readonly url: string }>;

const mostRedirects = 3;
/** Attempts to hear the rest of an answer whose stream ended early, where the server keeps it. */
const mostResumes = 3;
const resumeMs = 1_000;
const goodbyeMs = 1_000;

/**
 * A server at an address (streamable HTTP): each message is a POST, and the answer to a request comes with its response.
 * `send` rejects when it does not. Nothing is heard that was not asked for.
 */
export class HttpTransport implements Transport {
  onclose?: () => void;
  onmessage?: Transport['onmessage'];
  readonly #name: string;
  readonly #where: Address;
  readonly #around: Surroundings;
  readonly #requests = new Map<RequestId, AbortController>();
  readonly #over = new AbortController();
  #url: string;
  #headers: Record<string, string> = {};
  #session: string | undefined;
  #gone: OrchError | undefined;

  constructor(name: string, where: Address, around: Surroundings) {
    this.#name = name;
    this.#where = where;
    this.#around = around;
    this.#url = where.url;
  }

  async start(): Promise<void> {
    const own = withSecrets(this.#where.headers ?? {}, this.#name, this.#around);
    this.#headers = { accept: 'application/json, text/event-stream' };
    for (const [name, value] of Object.entries(own)) this.#headers[name.toLowerCase()] = value;
  }

  setProtocolVersion(version: string): void {
    this.#headers['mcp-protocol-version'] = version;
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const id = 'method' in message && 'id' in message ? message.id : undefined;
    const stop = new AbortController();
    if (id !== undefined) this.#requests.set(id, stop);
    try {
      await this.#exchange(message, { id, signal: AbortSignal.any([stop.signal, this.#over.signal]) });
    } finally {
      if (id !== undefined) this.#requests.delete(id);
      if ('method' in message && message.method === 'notifications/cancelled') {
        this.#requests.get(message.params?.['requestId'] as RequestId)?.abort();
      }
    }
  }

  async #exchange(message: JSONRPCMessage, { id, signal }: Exchange): Promise<void> {
    const body = JSON.stringify(message);
    let response = await this.#fetch({ method: 'POST', body, headers: { 'content-type': 'application/json' }, signal });
    this.#session = response.headers.get('mcp-session-id') ?? this.#session;
    if (id === undefined) return response.body?.cancel();
    for (let resumes = 0; ; resumes++) {
      const onMessage = (answer: unknown): void => this.onmessage?.(answer as JSONRPCMessage);
      const read = await readAnswer(response, { id, onMessage });
      if (read.ok === true) return;
      const { lastEvent, retryMs = resumeMs, fault } = read;
      if (lastEvent === undefined || resumes === mostResumes) throw this.#failed(fault);
      await this.#around.clock.sleep(retryMs, signal);
      response = await this.#fetch({ method: 'GET', headers: { 'last-event-id': lastEvent }, signal });
    }
  }

  async #fetch(init: Asked): Promise<Response> {
    for (let redirects = 0; ; redirects++) {
      const response = await this.#fetchOnce(init);
      const target = response.headers.get('location');
      const isRedirect = response.status >= 300 && response.status < 400;
      if (!isRedirect || target === null || !URL.canParse(target, this.#url)) return this.#checked(response);
      await response.body?.cancel();
      const next = new URL(target, this.#url);
      if (next.origin !== new URL(this.#url).origin || redirects === mostRedirects) {
        throw this.#failed(`it sends elsewhere, to ${next.origin}`, { retryable: false });
      }
      this.#url = next.href;
    }
  }

  async #fetchOnce({ headers, ...init }: Asked): Promise<Response> {
    const session = this.#session === undefined ? {} : { 'mcp-session-id': this.#session };
    try {
      const all = { ...headers, ...this.#headers, ...session };
      return await fetch(this.#url, { ...init, headers: all, redirect: 'manual' });
    } catch (error) {
      if (init.signal.aborted) throw error;
      const { cause = error } = error as { readonly cause?: unknown };
      throw (this.#gone = this.#failed(`it cannot be reached: ${String((cause as Error).message)}`, { cause: error }));
    }
  }

  async #checked(response: Response): Promise<Response> {
    const { ok, status, statusText } = response;
    if (ok) return response;
    const said = this.#around
      .hide(await readStart(response, 100_000))
      .slice(0, 500)
      .toWellFormed();
    const lostSession = status === 404 && this.#session !== undefined;
    const error = this.#failed(`it answered ${[status, statusText].join(' ').trim()}${said && `\n${said}`}`, {
      retryable: lostSession || status >= 500 || [408, 425, 429].includes(status),
      ...(status === 401 || status === 403 ? { hint: 'Give it what it wants under `headers`.' } : {}),
    });
    if (lostSession) this.#gone = error;
    throw error;
  }

  /** Says goodbye, so that the server need not keep the session. */
  async close(): Promise<void> {
    if (this.#over.signal.aborted) return;
    const isThere = this.#gone === undefined;
    this.#gone ??= this.#failed('it was closed');
    this.#over.abort();
    if (this.#session !== undefined && isThere) {
      const headers = { ...this.#headers, 'mcp-session-id': this.#session };
      const signal = AbortSignal.timeout(goodbyeMs);
      const said = fetch(this.#url, { method: 'DELETE', headers, redirect: 'manual', signal });
      // A server that does not hear it, or takes none, forgets the session in its own time.
      await said.then((response) => response.body?.cancel()).catch(() => undefined);
    }
    this.onclose?.();
  }

  gone(): OrchError | undefined {
    return this.#gone;
  }

  said(): string {
    return '';
  }

  #failed(why: string, options: ConstructorParameters<typeof OrchError>[2] = {}): OrchError {
    return new OrchError('tool_failed', `Expected an answer of the server ${this.#name}, ${why}.`, options);
  }
}

type Exchange = { readonly id: RequestId | undefined; readonly signal: AbortSignal };

type Asked = {
  readonly method: 'POST' | 'GET';
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
};
