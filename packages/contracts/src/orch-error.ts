import { errorCodes } from './error-codes.ts';
import type { ErrorCode, ErrorKind, ExitCode } from './error-codes.ts';
import type { Json } from './json.ts';

const brand: unique symbol = Symbol.for('@orch/contracts/OrchError') as never;

export type OrchErrorOptions = {
  /** What to do next, one sentence or command. */
  readonly hint?: string | undefined;
  /** Facts for programs; never a secret. */
  readonly details?: { readonly [key: string]: Json | undefined } | undefined;
  readonly cause?: unknown;
  /** Overrides the table, for an error that was already retried as often as it will be. */
  readonly retryable?: boolean | undefined;
};

/**
 * The one error of orch. Born where the fault happens, with a code from the closed list; `message` says what was
 * expected and what came, `hint` what to do.
 */
export class OrchError extends Error {
  override readonly name = 'OrchError';
  readonly [brand] = true;
  readonly code: ErrorCode;
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  readonly exit: ExitCode;
  readonly hint?: string;
  readonly details?: { readonly [key: string]: Json | undefined };

  constructor(code: ErrorCode, message: string, options: OrchErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    const { kind, retryable, exit } = errorCodes[code];
    this.code = code;
    this.kind = kind;
    this.retryable = options.retryable ?? retryable;
    this.exit = exit;
    if (options.hint !== undefined) this.hint = options.hint;
    if (options.details !== undefined) this.details = options.details;
  }

  /** True also for an OrchError of another copy of this package. */
  static is(value: unknown): value is OrchError {
    return value instanceof Error && (value as { [brand]?: unknown })[brand] === true;
  }

  /** The error itself, or an unexpected one wrapped as `internal` with its cause. */
  static from(value: unknown, code: ErrorCode = 'internal'): OrchError {
    if (OrchError.is(value)) return value;
    const message = value instanceof Error ? value.message : String(value);
    return new OrchError(code, message, { cause: value });
  }
}
