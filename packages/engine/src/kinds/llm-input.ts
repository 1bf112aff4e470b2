import type { JsonObject, Message } from '@orch/contracts';
import { z } from 'zod';
import type { Attached } from './llm-attachments.ts';

const message = z.discriminatedUnion('role', [
  z.strictObject({ role: z.literal('system'), content: z.string() }),
  z.strictObject({ role: z.literal('user'), content: z.string() }),
  z.strictObject({ role: z.literal('assistant'), content: z.string() }),
]);

const withSecrets = z.record(z.string(), z.union([z.string(), z.strictObject({ secret: z.string() })]));

const toolServer = z.union([
  z.strictObject({
    command: z.string(),
    args: z.array(z.string()).exactOptional(),
    env: withSecrets.exactOptional(),
    cwd: z.string().exactOptional(),
  }),
  z.strictObject({ url: z.string(), headers: withSecrets.exactOptional() }),
]);

/** The rendered fields of a step that asks a model. `prompt_file` was read into `prompt` when the job was compiled. */
export const llmInput = z
  .strictObject({
    prompt: z.string().optional(),
    messages: z.array(message).optional(),
    system: z.string().optional(),
    /** Files given as text below the last message: paths or globs, see `llm-attachments.ts`. */
    attachments: z.array(z.string()).default([]),
    model: z.string().optional(),
    options: z
      .strictObject({
        temperature: z.number().optional(),
        top_p: z.number().optional(),
        top_k: z.int().positive().optional(),
        max_tokens: z.int().positive().optional(),
        seed: z.int().optional(),
        stop: z.array(z.string()).optional(),
        num_ctx: z.int().positive().optional(),
      })
      .default({}),
    schema: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null).optional(),
    /** With a schema always `json`. */
    output: z.enum(['text', 'json', 'files', 'patch']).default('text'),
    allow_truncated: z.boolean().default(false),
    /** What the model may ask to have called: `server.tool`, with `*` for any part of a name. */
    tools: z
      .strictObject({
        allow: z.array(z.string()),
        servers: z.record(z.string(), toolServer),
        rounds: z.int().positive().default(8),
      })
      .optional(),
    resilience: z
      .strictObject({
        first_byte_s: z.number().positive().optional(),
        between_chunks_s: z.number().positive().optional(),
        total_s: z.number().positive().optional(),
        retries: z.int().min(0).optional(),
      })
      .optional(),
    /** How often a model is asked to mend an answer that does not fit. */
    repair: z.strictObject({ rounds: z.int().min(0).default(1) }).default({ rounds: 1 }),
  })
  .refine(({ prompt, messages }) => (prompt === undefined) !== (messages === undefined), {
    message: 'expected either prompt or messages',
  })
  .refine(({ messages }) => messages === undefined || messages.at(-1)?.role === 'user', {
    path: ['messages'],
    message: 'expected the last message to be one of the user',
  });

export type LlmInput = z.infer<typeof llmInput>;

/** What is asked, with the attached files below it and the images beside it. */
export function messagesOf({ system, prompt = '', messages }: LlmInput, attached: Attached): Message[] {
  const conversation: readonly Message[] = messages ?? [{ role: 'user', content: prompt }];
  const last = conversation.at(-1);
  const whole = last?.role === 'user' ? [...conversation.slice(0, -1), withFiles(last, attached)] : conversation;
  return system === undefined ? [...whole] : [{ role: 'system', content: system }, ...whole];
}

type UserMessage = Extract<Message, { role: 'user' }>;

function withFiles({ role, content }: UserMessage, { text, images }: Attached): UserMessage {
  const whole = text === '' ? content : `${content}\n\nAttached files:\n\n${text}`;
  return { role, content: whole, ...(images.length > 0 && { images }) };
}
