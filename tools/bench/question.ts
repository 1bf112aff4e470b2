/** What everybody asks, about 1 kB. */
export const question = {
  system: 'You write notes for a team of engineers. Be brief.',
  user: 'All work and no "play" makes Jack a dull boy.\n'.repeat(20),
} as const;

/** Whom: a model of each protocol. */
export const models = { openai: 'gpt-4o-mini', anthropic: 'claude-haiku-4-5', ollama: 'llama3.2' } as const;

/** The protocols. */
export type Vendor = keyof typeof models;

/** With which options, where there is a choice; Anthropic takes no temperature any more. */
export const options = {
  openai: { temperature: 0 },
  anthropic: { max_tokens: 1024 },
  ollama: { temperature: 0, num_ctx: 8192 },
} as const;

export const messages = [
  { role: 'system', content: question.system },
  { role: 'user', content: question.user },
] as const;

export const apiKey = 'sk-bench-0123456789';
