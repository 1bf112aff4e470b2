import { apiKey, messages, models, options } from '../question.ts';

/** The URL that chat completions are asked at, for those who send the bytes themselves. */
export function chatUrl(service: string): string {
  return `${service}/v1/chat/completions`;
}

/** The same for every question but for its body, which is written each time. */
export function chatRequest(streaming: object = {}) {
  const body = JSON.stringify({ model: models.openai, messages, ...options.openai, ...streaming });
  return { method: 'POST', headers, body } as const;
}

const headers = { 'content-type': 'application/json', authorization: `Bearer ${apiKey}` } as const;

/** As far as it is looked at. */
type Completion = { readonly choices: readonly { readonly message: { readonly content: string } }[] };

export function textOf(completion: unknown): string | undefined {
  return (completion as Completion).choices[0]?.message.content;
}
