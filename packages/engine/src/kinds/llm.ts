import type { Json } from '@orch/contracts';
import { outputOf, readAnswer } from './llm-answer.ts';
import { attachedPaths, printAttachments } from './llm-attachments.ts';
import { llmInput, messagesOf } from './llm-input.ts';
import type { LlmInput } from './llm-input.ts';
import { askUntilFit } from './llm-repair.ts';
import type { ReadingKind } from './reading-kind.ts';

/** Asks a model and makes of its answer what the step wants: text, a checked object, files, or a patch. */
export const llmKind: ReadingKind<LlmInput> = {
  kind: 'llm',
  version: 2,
  input: llmInput,
  asks: true,
  // How often an answer is mended changes no answer that fits.
  fingerprint: ({ repair: _, ...fields }) => JSON.parse(JSON.stringify(fields)) as Json,
  reads: ({ attachments }, { job, run }) =>
    attachedPaths(attachments, { job: job.dir, run: run.dir, outputs: run.outputs }),
  async run(fields, host) {
    const attached = await printAttachments(fields.attachments, host);
    if (!attached.ok) return { status: 'failed', error: attached.error };
    const { options, schema, model, allow_truncated: allowTruncated, repair } = fields;
    const question = { messages: messagesOf(fields, attached.value), options, schema, model, allowTruncated };
    const read = (text: string) => readAnswer(text, fields, host);
    const use = await askUntilFit(host, question, { rounds: repair.rounds, output: outputOf(fields), read });
    const used = use.ok ? await use.value() : use;
    return used.ok ? { status: 'succeeded', output: used.value } : { status: 'failed', error: used.error };
  },
};
