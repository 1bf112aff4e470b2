import { OrchError, exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { notesOnReads, plan, refuseWarnings } from '@orch/sdk';
import { errorLines } from '../describe/explain-error.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless, plural } from '../terminal/words.ts';
import type { Invocation } from './index.ts';
import { readVars } from './read-options.ts';

type Options = { readonly var?: readonly string[]; readonly strict?: true };

type Checked =
  | { readonly file: string; readonly ok: true; readonly steps: number; readonly warnings: readonly string[] }
  | { readonly file: string; readonly ok: false; readonly error: OrchError };

/** Compiles job files and says all that is wrong with each. */
export async function execute({ terminal, args, options }: Invocation<Options>): Promise<ExitCode> {
  const checked: Checked[] = [];
  for (const file of args.length === 0 ? [undefined] : args) checked.push(await check(file, options, terminal));
  if (options.json) terminal.out(JSON.stringify(checked.map(toRecord), undefined, 2));
  else for (const one of checked) tell(one, terminal);
  const codes = checked.map((one): ExitCode => (one.ok ? exitCodes.succeeded : one.error.exit));
  return codes.find((code) => code !== exitCodes.succeeded) ?? exitCodes.succeeded;
}

async function check(
  spec: string | undefined,
  options: Options,
  { cwd, env, hide: onSecrets }: Terminal,
): Promise<Checked> {
  const file = spec ?? 'job';
  try {
    const vars = options.var === undefined ? {} : { vars: readVars(options.var) };
    const job = await plan(spec, { cwd, env, onSecrets, ...vars });
    const warnings = await notesOnReads(job);
    if (options.strict) refuseWarnings(warnings);
    return { file: spec ?? job.spec.path, ok: true, steps: job.plan.steps.length, warnings };
  } catch (error) {
    if (OrchError.is(error) && error.code !== 'internal') return { file, ok: false, error };
    throw error;
  }
}

function tell(checked: Checked, terminal: Terminal): void {
  if (!checked.ok) return errorLines(checked.error, terminal).forEach(terminal.err);
  terminal.out(`${terminal.paint('green', 'ok')}  ${checked.file}  ${plural(checked.steps, 'step')}`);
  for (const warning of checked.warnings) terminal.err(harmless(warning));
}

function toRecord(checked: Checked): object {
  if (checked.ok) return checked;
  const { code, message, hint, details } = checked.error;
  const { problems = [], ...rest } = details ?? {};
  return { file: checked.file, ok: false, code, message, ...(hint !== undefined && { hint }), problems, ...rest };
}
