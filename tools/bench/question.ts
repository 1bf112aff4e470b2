/** What everybody asks, about 1 kB. */
export const question = {
  model: 'gpt-4o-mini',
  system: 'You write notes for a team of engineers. Be brief.',
  user: 'All work and no "play" makes Jack a dull boy.\n'.repeat(20),
} as const;

export const messages = [
  { role: 'system', content: question.system },
  { role: 'user', content: question.user },
] as const;

export const apiKey = 'sk-bench-0123456789';

export const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` } as const;
