import type { Digest, JsonObject } from './json.ts';

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
