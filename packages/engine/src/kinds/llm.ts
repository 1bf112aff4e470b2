import { parseFiles, parseJson } from '@orch/answers';
import type { FileAnswer } from '@orch/answers';
import { OrchError, err, ok } from '@orch/contracts';
import type { Answer, FileRef, Json, JsonObject, Message, Result, StepHost, StepKind } from '@orch/contracts';
import { resolveInside } from '@orch/filestore';
import { z } from 'zod';

const input = z.strictObject({
  prompt: z.string(),
  system: z.string().optional(),
  model: z.string().optional(),
  options: z
    .strictObject({
      temperature: z.number().optional(),
      top_p: z.number().optional(),
      max_tokens: z.int().positive().optional(),
      seed: z.int().optional(),
      stop: z.array(z.string()).optional(),
      num_ctx: z.int().positive().optional(),
    })
    .default({}),
  schema: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null).optional(),
  output: z.enum(['text', 'json', 'files']),
});

type LlmInput = z.infer<typeof input>;

/** Asks a model once and makes of its answer what the step wants: text, a checked object, or files. */
export const llmKind: StepKind<LlmInput> = {
  kind: 'llm',
  version: 1,
  input,
  asks: true,
  fingerprint: (fields) => JSON.parse(JSON.stringify(fields)) as Json,
  async run(fields, host) {
    const { options, schema, model } = fields;
    const asked = await host.ask({ messages: messagesOf(fields), options, schema, model });
    if (!asked.ok) return { status: 'failed', error: asked.error };
    const used = await use(fields, asked.value, host);
    if (used.ok) return { status: 'succeeded', output: used.value };
    await host.reject(asked.value, 'llm', used.error.message);
    return { status: 'failed', error: used.error };
  },
};

function messagesOf({ system, prompt }: LlmInput): Message[] {
  const question: Message = { role: 'user', content: prompt };
  return system === undefined ? [question] : [{ role: 'system', content: system }, question];
}

function use(fields: LlmInput, answer: Answer, host: StepHost): Result<Json> | Promise<Result<Json>> {
  const { text } = answer.reply;
  if (fields.output === 'text') return ok(text);
  if (fields.output === 'json') return parseJson(text, fields.schema);
  return writeFiles(parseFiles(text), host);
}

async function writeFiles(answers: readonly FileAnswer[], host: StepHost): Promise<Result<Json>> {
  if (answers.length === 0) {
    return err(
      new OrchError('bad_answer', 'Expected files in the answer (fenced blocks with a file name), found none.', {
        hint: 'Ask for each file as a fenced block whose info string or heading is its path.',
      }),
    );
  }
  for (const { path } of answers) {
    const inside = resolveInside(host.dirs.outputs, path);
    if (!inside.ok) return err(unusable(inside.error));
  }
  const files: FileRef[] = [];
  for (const { path, content } of answers) {
    const written = await host.write(path, content);
    if (!written.ok) return written;
    files.push(written.value);
  }
  return ok(files);
}

/** The same refusal, but worth another try: a model may choose better names. */
function unusable(error: OrchError): OrchError {
  return new OrchError('bad_answer', `The answer names a file it may not write: ${error.message}`, { cause: error });
}
