import { ok } from '@orch/contracts';
import type { Json, Question, Resilience } from '@orch/contracts';
import { outputOf, readAnswer } from './llm-answer.ts';
import { attachedPaths, readAttachments } from './llm-attachments.ts';
import { llmInput, messagesOf } from './llm-input.ts';
import type { LlmInput } from './llm-input.ts';
import { askUntilFit } from './llm-repair.ts';
import { converse, findTools } from './llm-tools.ts';
import type { ReadingKind } from './reading-kind.ts';

/** Asks a model and makes of its answer what the step wants: text, a checked object, files, or a patch. */
export const llmKind: ReadingKind<LlmInput> = {
  kind: 'llm',
  version: 2,
  input: llmInput,
  asks: true,
  // How often an answer is mended, and how long is waited for it, changes no answer that fits.
  fingerprint: ({ repair: _, resilience: __, ...fields }) => JSON.parse(JSON.stringify(fields)) as Json,
  reads: ({ attachments }, { job, run }) =>
    attachedPaths(attachments, { job: job.dir, run: run.dir, outputs: run.outputs }),
  async run(fields, host) {
    const attached = await readAttachments(fields.attachments, host);
    if (!attached.ok) return { status: 'failed', error: attached.error };
    const { options, schema, model, allow_truncated: allowTruncated, repair } = fields;
    const tools = fields.tools === undefined ? ok([]) : await findTools(fields.tools, host);
    if (!tools.ok) return { status: 'failed', error: tools.error };
    const messages = messagesOf(fields, attached.value);
    const question = { messages, options, schema, model, allowTruncated, resilience: resilienceOf(fields) };
    const given = { tools: tools.value, rounds: fields.tools?.rounds ?? 0 };
    const ask = (asked: Question) => converse(host, asked, given);
    const read = (text: string) => readAnswer(text, fields, host);
    const use = await askUntilFit(host, question, { rounds: repair.rounds, output: outputOf(fields), ask, read });
    const used = use.ok ? await use.value() : use;
    return used.ok ? { status: 'succeeded', output: used.value } : { status: 'failed', error: used.error };
  },
};

function resilienceOf({ resilience }: LlmInput): Resilience | undefined {
  if (resilience === undefined) return undefined;
  const { first_byte_s: first, between_chunks_s: between, total_s: total, retries } = resilience;
  return {
    ...(first !== undefined && { firstByteMs: first * 1000 }),
    ...(between !== undefined && { betweenChunksMs: between * 1000 }),
    ...(total !== undefined && { totalMs: total * 1000 }),
    ...(retries !== undefined && { maxRetries: retries }),
  };
}
