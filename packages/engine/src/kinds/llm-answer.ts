import { parseDiffs, parseFiles, parseJson } from '@orch/answers';
import type { FileAnswer } from '@orch/answers';
import { OrchError, err, ok } from '@orch/contracts';
import type { FileRef, Json, Result, StepHost } from '@orch/contracts';
import { resolveInside } from '@orch/filestore';
import { keepPatch } from './keep-patch.ts';
import type { LlmInput } from './llm-input.ts';

/** Makes of an answer that fits what the step wants. */
export type UseAnswer = () => Promise<Result<Json>>;

export type LlmOutput = LlmInput['output'];

export function outputOf({ output, schema }: LlmInput): LlmOutput {
  return schema === undefined ? output : 'json';
}

/** Whether an answer fits, and how it is used then. Nothing is written before. */
export function readAnswer(text: string, fields: LlmInput, host: StepHost): Result<UseAnswer> {
  const output = outputOf(fields);
  if (output === 'text') return ok(async () => ok(text));
  if (output === 'files') return readFiles(text, host);
  if (output === 'json') {
    const value = parseJson(text, fields.schema);
    return value.ok ? ok(async () => value) : value;
  }
  const diffs = parseDiffs(text);
  return diffs.ok ? ok(async () => ok(await keepPatch(diffs.value, host))) : diffs;
}

function readFiles(text: string, host: StepHost): Result<UseAnswer> {
  const files = parseFiles(text);
  if (!files.ok) return files;
  if (files.value.length === 0) return err(nothing());
  for (const { path } of files.value) {
    const inside = resolveInside(host.dirs.outputs, path);
    if (!inside.ok) return err(unusable(inside.error));
  }
  return ok(() => writeFiles(files.value, host));
}

async function writeFiles(answers: readonly FileAnswer[], host: StepHost): Promise<Result<Json>> {
  const files: FileRef[] = [];
  for (const { path, content } of answers) {
    const written = await host.write(path, content);
    if (!written.ok) return written;
    files.push(written.value);
  }
  return ok(files);
}

function nothing(): OrchError {
  return new OrchError('bad_answer', 'Expected files in the answer (fenced blocks with a file name), found none.', {
    hint: 'Ask for each file as a fenced block whose info string or heading is its path.',
  });
}

/** The same refusal, but worth another try: a model may choose better names. */
function unusable(error: OrchError): OrchError {
  return new OrchError('bad_answer', `The answer names a file it may not write: ${error.message}`, { cause: error });
}
