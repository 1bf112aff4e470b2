import type { Delta, ModelRequest, Reply, Resilience, Usage } from './exchange.ts';
import type { Json, JsonObject } from './json.ts';
import type { OrchError } from './orch-error.ts';
import type { Clock } from './ports.ts';

/** What an adapter can do: callers test flags, never names. */
export type Capabilities = {
  /** Can hold an answer to a JSON Schema itself. */
  readonly schema: boolean;
  /** Its models can be given tools, and ask to have them called. */
  readonly tools: boolean;
  /** Takes images beside text. */
  readonly images: boolean;
  /** Runs on this machine and costs nothing. */
  readonly local: boolean;
  /** Its answers may feed the cache that all runs share. Recorded and echoed ones may not. */
  readonly shareable: boolean;
};

/** The adapter's own statement of who answers: part of the cache key. */
export type ProviderIdentity = {
  /** The vendor package, never an alias of the job. */
  readonly name: string;
  readonly model: string;
  /** What is really sent after defaults and omissions. */
  readonly opts: JsonObject;
  /** Host and path, for a base URL that is neither the vendor's own nor local. */
  readonly service?: string | undefined;
};

/** One request sent over the wire: retries make several of one exchange. `try` counts from 1. */
export type SentRequest = { readonly try: number };

export type SentResult = { readonly try: number; readonly durationMs: number } & (
  | { readonly ok: true; readonly reply: Reply }
  | {
      readonly ok: false;
      readonly error: OrchError;
      readonly willRetry: boolean;
      /** Of an answer that broke off: what it took until then, estimated. */
      readonly usage?: Usage | undefined;
    }
);

/** Something a person may want to know while an exchange goes on. */
export type ProviderNotice =
  | { readonly type: 'circuit.opened'; readonly cooldownMs: number }
  | { readonly type: 'circuit.half_open' }
  | { readonly type: 'circuit.closed' }
  /** Something that was asked for cannot be had, and was left out. */
  | { readonly type: 'warning'; readonly message: string };

/** Why a request may not leave yet. `backoff` is the pause before another try. */
export type WaitReason = 'requests' | 'tokens' | 'parallel' | 'retry_after' | 'backoff';

/** A wait that the provider hands over, so that nothing is held meanwhile. `ms` is 0 when nobody can tell. */
export type Rest = { readonly ms: number; readonly reason: WaitReason };

/**
 * What the caller lends to one exchange. Around every request that is sent: the breaker is asked, `beforeRequest` runs
 * (a rejection is final and counts against nobody), the request leaves, the breaker counts and calls `onNotice`, and
 * `afterRequest` runs, also after a cancel. Then the answer is given, the error thrown, or the wait for a retry begins.
 */
export type ProviderContext = {
  readonly signal: AbortSignal;
  readonly clock: Clock;
  /** Resolves when the request may leave; rejects to forbid it. */
  beforeRequest?(sent: SentRequest): Promise<void>;
  afterRequest?(result: SentResult): Promise<void>;
  onNotice?(notice: ProviderNotice): void;
  /**
   * Calls `wait` and resolves when the exchange may go on; every wait over 50 ms is handed to it. A signal given to
   * `wait` ends the wait, and the exchange with its reason, but nothing that was sent.
   */
  rest?(rest: Rest, wait: (until?: AbortSignal) => Promise<void>): Promise<void>;
  /** On the clock's `monotonic`, in milliseconds: a wait that would end later fails at once with what it waits for. */
  readonly deadline?: number | undefined;
};

/** A model that a service has. */
export type ModelInfo = {
  readonly id: string;
  /** Tokens, prompt and answer together. */
  readonly contextTokens?: number | undefined;
  readonly sizeBytes?: number | undefined;
};

/** What a service said of itself before anybody asked it a question. */
export type CheckedModel = {
  readonly model?: string | undefined;
  readonly contextTokens?: number | undefined;
  /** Why it could not be told whether the service has the model; it may answer all the same. */
  readonly doubt?: OrchError | undefined;
};

/** One exchange with a model: question in, answer out or streamed. What it gave up on is final for this candidate. */
export interface Provider {
  readonly name: string;
  readonly can: Capabilities;
  identify(request: ModelRequest): ProviderIdentity;
  complete(request: ModelRequest, context: ProviderContext): Promise<Reply>;
  stream(request: ModelRequest, context: ProviderContext): AsyncIterable<Delta>;
  /**
   * Asks, before a run starts, whether the service is there and has the model; throws `network`, `auth`,
   * `unconfigured`, `model_missing`, or what else the service answers: `server`, `rate_limit`, `quota`, `bad_response`.
   * Returns the model that will answer, when the service chose it itself.
   */
  check(model: string | undefined, context: ProviderContext): Promise<CheckedModel>;
  /** The models that the service has; throws as `check` does. Absent where there is nothing like a model. */
  models?(context: ProviderContext): Promise<readonly ModelInfo[]>;
  /** Why the next request may not leave yet, and for how long; undefined when it may. Whoever asks sooner waits. */
  waiting?(model: string): Rest | undefined;
  close?(): Promise<void>;
}

/** What a provider may be asked for; learned from its answers where nothing is set. */
export type Limits = {
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  /** Requests at once. */
  readonly maxParallel?: number | undefined;
};

/** Settings of one provider after flag, job and environment were joined. A vendor's own options are parsed strictly. */
export type ProviderSettings = {
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Sent with every request, over the vendor's own. */
  readonly headers?: { readonly [name: string]: string } | undefined;
  /** Which of the vendor's interfaces is spoken; its usual one unless given. */
  readonly api?: string | undefined;
  readonly apiVersion?: string | undefined;
  /** To the first byte of an answer and between its chunks, unless `resilience` says otherwise. */
  readonly timeoutMs: number;
  /** For one connection, TLS included. */
  readonly connectMs: number;
  readonly resilience: Resilience;
  readonly maxRetries: number;
  readonly limits: Limits;
  readonly breaker: { readonly threshold: number; readonly cooldownMs: number };
  /** Options for every question, under those of the step. */
  readonly options: { readonly [key: string]: Json };
};
