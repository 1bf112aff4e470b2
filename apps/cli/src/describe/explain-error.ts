import { OrchError } from '@orch/contracts';
import type { ExitCode, Json } from '@orch/contracts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/words.ts';

/** Of a job that code defines there is no line. */
type Problem = { file: string; line?: number; column?: number; message: string; hint?: string };

/** Says what went wrong, what to do about it, and answers the exit code. The stack only when it was asked for. */
export function explainError(
  thrown: unknown,
  terminal: Terminal,
  { verbose, json }: { readonly verbose: boolean; readonly json: boolean },
): ExitCode {
  const error = OrchError.from(thrown);
  if (json) terminal.out(JSON.stringify({ error: errorRecord(error) }, undefined, 2));
  else for (const line of errorLines(error, terminal)) terminal.err(line);
  if (verbose) terminal.err(stackOf(error));
  else if (error.code === 'internal' && !json) terminal.err('This is a defect of orch. Add --verbose for its stack.');
  return error.exit;
}

/** What went wrong, for a person: each problem of a job file with its place, then the whole. */
export function errorLines(error: OrchError, terminal: Terminal): string[] {
  const problems = problemsOf(error).flatMap(({ file, line, column, message, hint }) => [
    line === undefined ? `${file}: ${message}` : `${file}:${line}:${column}: ${message}`,
    ...(hint === undefined ? [] : [`  ${hint}`]),
  ]);
  const said = `${terminal.paint('red', 'error')}: ${harmless(error.message)}`;
  return [
    ...problems,
    said,
    ...(error.hint === undefined ? [] : [`  ${harmless(error.hint).replaceAll('\n', '\n  ')}`]),
  ];
}

function problemsOf(error: OrchError): readonly Problem[] {
  return (error.details?.['problems'] ?? []) as unknown as readonly Problem[];
}

export function errorRecord({ code, kind, message, hint, details }: OrchError): Json {
  return {
    code,
    kind,
    message,
    ...(hint === undefined ? {} : { hint }),
    ...(details === undefined ? {} : { details: details as Json }),
  };
}

function stackOf(error: OrchError): string {
  const { cause } = error;
  const own = error.stack ?? error.message;
  return cause instanceof Error ? `${own}\ncaused by ${cause.stack ?? cause.message}` : own;
}
