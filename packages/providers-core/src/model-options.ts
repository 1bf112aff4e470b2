import { OrchError } from '@orch/contracts';
import { z } from 'zod';

/** The options a job may give. A vendor picks those that it takes: `z.strictObject({ temperature: modelOptions.temperature })`. */
export const modelOptions = {
  temperature: z.number().nonnegative().exactOptional(),
  top_p: z.number().positive().max(1).exactOptional(),
  top_k: z.int().positive().exactOptional(),
  max_tokens: z.int().positive().exactOptional(),
  seed: z.int().exactOptional(),
  stop: z.array(z.string().min(1)).readonly().exactOptional(),
  num_ctx: z.int().positive().exactOptional(),
};

type OptionShape = Readonly<Record<string, z.ZodType>>;

/** Several layers of options as one, later ones first; `usage` for an option or value that the provider does not take. */
export function parseOptions<S extends OptionShape>(
  provider: string,
  schema: z.ZodObject<S, z.core.$strict>,
  ...layers: readonly object[]
): z.infer<typeof schema> {
  const options: Record<string, unknown> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer)) if (value !== undefined) options[name] = value;
  }
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw issue?.code === 'unrecognized_keys'
    ? unknownOption(provider, issue.keys, Object.keys(schema.shape))
    : badOption(provider, issue, options);
}

function unknownOption(provider: string, names: readonly string[], known: readonly string[]): OrchError {
  const message = `Expected options that ${provider} takes (${known.join(', ')}), got \`${names.join('`, `')}\`.`;
  return new OrchError('usage', message, { hint: `Leave it out for ${provider}.` });
}

function badOption(provider: string, issue: z.core.$ZodIssue | undefined, options: Record<string, unknown>): OrchError {
  const name = String(issue?.path[0]);
  const came = `\`${JSON.stringify(options[name])}\` (${issue?.message ?? 'not valid'})`;
  return new OrchError('usage', `Expected a value for the option \`${name}\` that ${provider} takes, got ${came}.`);
}
