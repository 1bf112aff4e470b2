import { parseJson } from '@orch/answers';
import { OrchError, err, ok } from '@orch/contracts';
import type { Json, Outcome, Result, StepHost, StepKind } from '@orch/contracts';
import { runCommand } from '@orch/process';
import type { CommandResult } from '@orch/process';
import { z } from 'zod';
import { commandFields, commandFingerprint, commandOf, commandOptions, orFailed } from './command.ts';

const input = z.strictObject({ ...commandFields, output: z.enum(['text', 'json', 'lines']).default('text') });

/** Bytes. What is longer is no value for a template: a result is whole, or none. */
const maxOutput = 64 * 1024 * 1024;

type ShellInput = z.infer<typeof input>;

/** Runs a command; its standard output is the result, without the line ends that close it. */
export const shellKind: StepKind<ShellInput> = {
  kind: 'shell',
  version: 1,
  input,
  fingerprint: commandFingerprint,
  run: (fields, host) => orFailed(() => runShell(fields, host)),
};

async function runShell(fields: ShellInput, host: StepHost): Promise<Outcome<Json>> {
  const { file, args } = commandOf(fields);
  const result = hidden(await runCommand(file, args, { ...commandOptions(fields, host), maxOutput }), host);
  if (result.truncated) return { status: 'failed', error: tooMuch() };
  if (result.status === 'exited' && result.exitCode === 0) return succeed(fields, result);
  const exit = result.status === 'exited' ? { exit_code: result.exitCode } : {};
  return { status: 'failed', error: failure(fields, result, host), extra: { ...exit, stderr: result.stderr } };
}

/** As wholes, before anything is cut from them or read in them. */
function hidden(result: CommandResult, { hider }: StepHost): CommandResult {
  return { ...result, stdout: hider.text(result.stdout), stderr: hider.text(result.stderr) };
}

function succeed(fields: ShellInput, result: CommandResult): Outcome<Json> {
  const output = read(fields.output, withoutLastLineEnds(result.stdout));
  if (!output.ok) return { status: 'failed', error: output.error };
  return { status: 'succeeded', output: output.value, extra: { exit_code: 0, stderr: result.stderr } };
}

/** By hand: an expression that is anchored at the end takes quadratic time over many line ends. */
function withoutLastLineEnds(text: string): string {
  let end = text.length;
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end--;
  return text.slice(0, end);
}

function read(as: ShellInput['output'], stdout: string): Result<Json> {
  if (as === 'json') return readJson(stdout);
  return ok(as === 'text' ? stdout : stdout === '' ? [] : stdout.split(/\r?\n/));
}

function readJson(stdout: string): Result<Json> {
  const read = parseJson(stdout);
  if (read.ok) return read;
  const { code, message, details } = read.error;
  const hint = 'Let the command print one JSON value and nothing else; what is no result belongs on stderr.';
  return err(new OrchError(code, `output: json: ${message.replace('in the answer', 'on stdout')}`, { hint, details }));
}

function failure(fields: ShellInput, result: CommandResult, host: StepHost): OrchError {
  const { run, command = '', args } = fields;
  const what = run === undefined ? `\`${command}\` (${args.length} arguments)` : `\`${inShort(run, 200)}\``;
  const said = lastLines(result.stderr) || lastLines(result.stdout);
  return new OrchError(
    'command_failed',
    `Expected ${what} to exit with 0, it ${ended(result)}${valuesIn(fields, host)}.${said && `\n${said}`}`,
    { hint: 'The whole output is in the log of the step.' },
  );
}

/** What the tags in the shell line gave: the line itself has only their names. */
function valuesIn({ run = '', env }: ShellInput, { hider }: StepHost): string {
  const named = Object.entries(env).filter(([name]) => new RegExp(`\\$${name}\\b`).test(run));
  const values = named.flatMap(([name, value]) => {
    if (typeof value !== 'string' || !isTag.test(name)) return [];
    return [`$${name} = ${JSON.stringify(inShort(hider.text(value), 60))}`];
  });
  return values.length === 0
    ? ''
    : ` (${values.slice(0, mostValues).join(', ')}${values.length > mostValues ? ', …' : ''})`;
}

const isTag = /^ORCH_V\d+$/;
const mostValues = 5;

/** Its first line, as far as it is not too long. */
function inShort(text: string, longest: number): string {
  const [first = ''] = text.trim().split('\n', 1);
  return first.length === text.trim().length && first.length <= longest ? first : `${first.slice(0, longest)} …`;
}

function tooMuch(): OrchError {
  return new OrchError('command_failed', 'Expected at most 64 MB of output, got more.', {
    hint: 'Let the command write a file, and name it under `writes`.',
    retryable: false,
  });
}

function ended(result: CommandResult): string {
  if (result.status === 'exited') return `exited with ${result.exitCode}`;
  if (result.status === 'signaled') return `was ended by ${result.signal}`;
  return result.status === 'timed_out' ? 'took too long' : 'was stopped';
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-12).join('\n').slice(-2_000);
}
