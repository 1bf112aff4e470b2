import type {
  Clock,
  Delta,
  JsonObject,
  OrchError,
  ProviderContext,
  ProviderSettings,
  Reply,
  Resilience,
  Rest,
  Usage,
} from '@orch/contracts';
import type { Dispatcher } from 'undici';
import type { BodyReader } from './body-reader.ts';
import type { HttpHeaders } from './http-headers.ts';

/** A dispatcher that is handed in has its own limit for connections. */
export type HttpPolicy = Pick<ProviderSettings, 'timeoutMs' | 'maxRetries' | 'breaker'> &
  Partial<Pick<ProviderSettings, 'connectMs' | 'resilience' | 'limits'>>;

export type HttpDeps = {
  /** Times breakers and limits. The waits of an exchange go by the clock of its context. */
  readonly clock: Clock;
  /** From 0 to 1, for jitter; `Math.random` unless given. */
  readonly random?: (() => number) | undefined;
  /** Takes secrets out of errors before they are cut; also those that the request did not carry as they are. */
  readonly hide?: ((text: string) => string) | undefined;
  /** Any dispatcher of undici (an agent, a proxy, a mock); its owner closes it. */
  readonly dispatcher?: Dispatcher | undefined;
};

export type HttpRequest = {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as JSON with POST; without it the request is a GET. */
  readonly body?: JsonObject | undefined;
  readonly context: ProviderContext;
  /** Which failures are worth another try, of those that may go better; all of them unless given. */
  readonly mayRetry?: ((error: OrchError) => boolean) | undefined;
  /** What to do about a failure, where the caller knows better than the error. */
  readonly hint?: ((error: OrchError) => string | undefined) | undefined;
};

/** A piece of an answer as it arrives: text, or a whole call of a tool. */
export type AnswerDelta = Exclude<Delta, { type: 'done' }>;

export type StreamRequest = HttpRequest & {
  /** Names the breaker and the limits of this request: one of each for each model. */
  readonly circuit: string;
  /** About how many tokens of a limit it takes; what it took is in the usage of the answer. */
  readonly tokens?: number | undefined;
  /** Instead of the policy's own. */
  readonly resilience?: Resilience | undefined;
  /** Made for each answer: reads its body as it arrives. */
  read(headers: HttpHeaders): BodyReader<AnswerDelta, Reply>;
  /** Asked once after each try that failed: what its answer took until it broke off. */
  spent?: (() => Usage | undefined) | undefined;
};

export interface Http {
  /** The parsed body of the answer. No breaker and no hooks: it is a question about the service, not an exchange. */
  json(request: HttpRequest): Promise<unknown>;
  /**
   * An exchange as it goes on. A try that broke off is repeated, and its text then starts again; `done` carries the
   * whole answer, and comes after `afterRequest` resolved.
   */
  stream(request: StreamRequest): AsyncGenerator<Delta, void>;
  /** An exchange of which only the whole answer is wanted. */
  collect(request: StreamRequest): Promise<Reply>;
  /** Why the next request of a circuit may not leave yet; undefined when it may. */
  waiting(circuit: string): Rest | undefined;
  /** Ends every connection of its own. */
  close(): Promise<void>;
}
