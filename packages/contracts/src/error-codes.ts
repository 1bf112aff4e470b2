/** Exit codes of the command line; `run-folder.md` says what each promises. */
export const exitCodes = {
  succeeded: 0,
  failed: 1,
  usage: 2,
  waiting: 3,
  budget: 4,
  provider: 5,
  locked: 6,
  canceled: 7,
  difference: 8,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export type ErrorKind = 'timeout' | 'validation' | 'tool' | 'provider' | 'internal';

type CodeRow = { readonly kind: ErrorKind; readonly retryable: boolean; readonly exit: ExitCode };

const row = (kind: ErrorKind, retryable: boolean, exit: ExitCode = exitCodes.failed): CodeRow => ({
  kind,
  retryable,
  exit,
});

/**
 * The one table: code → kind → retryable → exit.
 *
 * `retryable` says whether the same thing tried again may go better. `exit` is the exit code when the error ends the
 * program before a run exists; an error inside a run fails a step, and the run's own status decides the exit code.
 */
export const errorCodes = {
  // what a person wrote
  usage: row('validation', false, exitCodes.usage),
  spec: row('validation', false, exitCodes.usage),
  template: row('validation', false),
  not_found: row('validation', false, exitCodes.usage),
  unsafe_path: row('validation', false, exitCodes.usage),
  // who answers
  unconfigured: row('provider', false, exitCodes.provider),
  auth: row('provider', false, exitCodes.provider),
  model_missing: row('provider', false, exitCodes.provider),
  network: row('provider', true, exitCodes.provider),
  server: row('provider', true, exitCodes.provider),
  rate_limit: row('provider', true, exitCodes.provider),
  quota: row('provider', false, exitCodes.provider),
  circuit_open: row('provider', true, exitCodes.provider),
  bad_request: row('provider', false),
  bad_response: row('provider', true),
  recording_missing: row('provider', false),
  frozen_miss: row('provider', false),
  // what was answered
  truncated: row('provider', false),
  refused: row('provider', false),
  bad_answer: row('validation', true),
  schema_mismatch: row('validation', true),
  assertion: row('validation', true),
  rejected: row('validation', false),
  // what a step ran
  command_failed: row('tool', true),
  command_missing: row('tool', false),
  module_failed: row('tool', true),
  tool_failed: row('tool', true),
  gate_failed: row('tool', true),
  gate_error: row('tool', false),
  timeout: row('timeout', true),
  // the run
  canceled: row('internal', false, exitCodes.canceled),
  interrupted: row('internal', false, exitCodes.interrupted),
  expired: row('timeout', false),
  budget: row('internal', false, exitCodes.budget),
  // the disc
  conflict: row('tool', false),
  locked: row('internal', false, exitCodes.locked),
  io: row('internal', false, exitCodes.usage),
  corrupt_log: row('internal', false, exitCodes.difference),
  internal: row('internal', false),
} as const satisfies Record<string, CodeRow>;

export type ErrorCode = keyof typeof errorCodes;
