import type { OrchError } from './orch-error.ts';
import type { Clock } from './ports.ts';
import type { Digest, Json, JsonObject } from './json.ts';

/** What an adapter can do: callers test flags, never names. */
export type Capabilities = {
  /** Can hold an answer to a JSON Schema itself. */
  readonly schema: boolean;
  /** Runs on this machine and costs nothing. */
  readonly local: boolean;
  /** Its answers may feed the cache that all runs share. Recorded and echoed ones may not. */
  readonly shareable: boolean;
};

export type Message = { readonly role: 'system' | 'user' | 'assistant'; readonly content: string };

/** Options a job may give; each adapter sends those its vendor knows and refuses the others by name. */
export type ModelOptions = {
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly max_tokens?: number | undefined;
  readonly seed?: number | undefined;
  readonly stop?: readonly string[] | undefined;
  readonly num_ctx?: number | undefined;
};

/** One question to a model. */
export type ModelRequest = {
  /** Undefined only for providers that have no models (`replay`, `echo`). */
  readonly model?: string | undefined;
  readonly messages: readonly Message[];
  readonly options: ModelOptions;
  /** JSON Schema (draft 2020-12) that the answer shall fit. */
  readonly schema?: JsonObject | undefined;
  /** Who asks, and the digests of what is asked; recordings are found by these. */
  readonly asked: {
    readonly step: string;
    readonly item?: string | undefined;
    /** Which answer to an equal question is wanted; 0 is the first. */
    readonly sample: number;
    /** sha-256 of canonical `[{role, sha256}, …]`. */
    readonly messagesSha256: Digest;
    readonly schemaSha256?: Digest | undefined;
  };
};

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'refused' | 'other';

export type Usage = {
  readonly tokensIn?: number | undefined;
  readonly tokensOut?: number | undefined;
  readonly tokensCached?: number | undefined;
};

/** A whole answer. Truncated and refused ones are answers too: `finishReason` says so. */
export type Reply = {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** The model's name as the server reports it. */
  readonly modelReported?: string | undefined;
};

/** A piece of an answer as it arrives; the last one carries the whole reply. After a retry the text starts again. */
export type Delta = { readonly type: 'text'; readonly text: string } | { readonly type: 'done'; readonly reply: Reply };

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
  | { readonly ok: false; readonly error: OrchError; readonly willRetry: boolean }
);

/** Something a person may want to know while an exchange goes on. */
export type ProviderNotice =
  | { readonly type: 'circuit.opened'; readonly cooldownMs: number }
  | { readonly type: 'circuit.half_open' }
  | { readonly type: 'circuit.closed' };

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
  check(model: string | undefined, context: ProviderContext): Promise<{ readonly model?: string | undefined }>;
  close?(): Promise<void>;
}

/** Settings of one provider after flag, job and environment were joined. A vendor's own options are parsed strictly. */
export type ProviderSettings = {
  readonly baseUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  readonly timeoutMs: number;
  readonly maxRetries: number;
  readonly breaker: { readonly threshold: number; readonly cooldownMs: number };
  /** Options for every question, under those of the step. */
  readonly options: { readonly [key: string]: Json };
};
