import { parseDiffs } from '@orch/answers';
import { OrchError, err } from '@orch/contracts';
import type { Json, Result, StepHost, StepKind } from '@orch/contracts';
import { z } from 'zod';
import { keepPatch } from './keep-patch.ts';

const input = z.strictObject({ from: z.string() });

/** Reads the unified diff that a need made, or that stands in the step itself, and keeps it; nothing is applied. */
export const patchKind: StepKind<z.infer<typeof input>> = {
  kind: 'patch',
  version: 1,
  input,
  fingerprint: ({ from }) => ({ from }),
  async run({ from }, host) {
    const text = textOf(from, host);
    const files = text.ok ? parseDiffs(text.value) : text;
    if (files.ok) return { status: 'succeeded', output: await keepPatch(files.value, host) };
    const { code, message, details, hint } = files.error;
    return { status: 'failed', error: new OrchError(code, `from: ${message}`, { details, hint, retryable: false }) };
  },
};

/** No diff looks like the id of a step. */
function textOf(from: string, { scope }: StepHost): Result<string> {
  const need = scope.steps[from];
  const text = need === undefined ? from : diffIn(need.output);
  if (text !== undefined) return { ok: true, value: text };
  return err(
    new OrchError('bad_answer', `expected the output of step ${from} to be a diff, got ${typeof need?.output}.`),
  );
}

/** A text, what `output: patch` gives, or those of all items that have one. */
function diffIn(output: Json): string | undefined {
  if (typeof output === 'string') return output;
  if (output === null || typeof output !== 'object') return undefined;
  if (!Array.isArray(output)) return 'diff' in output && typeof output.diff === 'string' ? output.diff : undefined;
  const texts = output.filter((item: Json) => item !== null).map(diffIn);
  return texts.includes(undefined) ? undefined : texts.join('\n');
}
