import type { OrchError } from './orch-error.ts';
import type { Clock } from './ports.ts';
import type { Digest, Json, JsonObject } from './json.ts';

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

/** A picture as vendors take it. */
export type Image = {
  readonly mediaType: 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';
  /** Its bytes in base64. */
  readonly data: string;
};

/** Something a model may ask to have done, and what it has to say for it. */
export type ToolSpec = {
  /** `[a-zA-Z0-9_-]{1,64}`, the narrowest that all vendors take. */
  readonly name: string;
  readonly description?: string | undefined;
  /** JSON Schema of its arguments, an object. */
  readonly inputSchema: JsonObject;
};

/** A model asks to have a tool called. */
export type ToolCall = {
  /** The vendor's name for this call; the message that answers it repeats it. */
  readonly id: string;
  readonly name: string;
  /** JSON as the model wrote it: it may fit no schema, or be no JSON. */
  readonly arguments: string;
};

/** One turn of a conversation. */
export type Message =
  | { readonly role: 'system'; readonly content: string }
  | { readonly role: 'user'; readonly content: string; readonly images?: readonly Image[] | undefined }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] | undefined }
  /** What a tool answered to one call. */
  | {
      readonly role: 'tool';
      readonly callId: string;
      readonly name: string;
      readonly content: string;
      readonly isError?: boolean | undefined;
    };

/** Options a job may give; each adapter sends those its vendor knows and refuses the others by name. */
export type ModelOptions = {
  readonly temperature?: number | undefined;
  readonly top_p?: number | undefined;
  readonly top_k?: number | undefined;
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
  /** What the model may ask to have called. */
  readonly tools?: readonly ToolSpec[] | undefined;
  /** What the step wants instead of the provider's own. */
  readonly resilience?: Resilience | undefined;
  /** Who asks, and the digests of what is asked; recordings are found by these. */
  readonly asked: {
    readonly step: string;
    readonly item?: string | undefined;
    /** Which answer to an equal question is wanted; 0 is the first. */
    readonly sample: number;
    /** sha-256 of canonical `[{role, sha256}, …]`. */
    readonly messagesSha256: Digest;
    readonly schemaSha256?: Digest | undefined;
    readonly toolsSha256?: Digest | undefined;
  };
};

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'refused' | 'other';

export type Usage = {
  readonly tokensIn?: number | undefined;
  readonly tokensOut?: number | undefined;
  readonly tokensCached?: number | undefined;
  /** The server did not say: counted from the length of the texts. */
  readonly estimated?: true | undefined;
};

/** A whole answer. Truncated and refused ones are answers too: `finishReason` says so. */
export type Reply = {
  readonly text: string;
  /** What the model asks to have called before it goes on; absent when it asks for nothing. */
  readonly toolCalls?: readonly ToolCall[] | undefined;
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  /** The model's name as the server reports it. */
  readonly modelReported?: string | undefined;
};

/** A piece of an answer as it arrives; the last one carries the whole reply. After a retry the text starts again. */
export type Delta =
  | { readonly type: 'text'; readonly text: string }
  /** Whole: its arguments are complete. */
  | { readonly type: 'tool_call'; readonly call: ToolCall }
  | { readonly type: 'done'; readonly reply: Reply };

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

/** How long an exchange waits, and how often it tries. What is left out is for whoever is asked to say. */
export type Resilience = {
  /** From the request to the first byte of its answer. */
  readonly firstByteMs?: number | undefined;
  readonly betweenChunksMs?: number | undefined;
  /** Of one try, from its request to the end of its answer. */
  readonly totalMs?: number | undefined;
  /** Further tries after the first. */
  readonly maxRetries?: number | undefined;
};

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
