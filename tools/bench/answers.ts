/** The text of a whole answer. */
export const answerText = 'It was a bright cold day in April, and the clocks were striking thirteen. '.repeat(8);

/** Pieces of text of a streamed answer, each an event. */
export const pieces = Array.from({ length: 1_000 }, (_, at) => ` word${at}`);

/** The paths of the two, each a base URL. */
export const paths = { whole: '/whole/v1', streamed: '/streamed/v1' } as const;

const usage = { prompt_tokens: 260, completion_tokens: 130, total_tokens: 390 };
const common = {
  id: 'chatcmpl-B8dQ1xw0n3Yk5sVzT7uJqKfLhG2aR',
  created: 1_770_000_000,
  model: 'gpt-4o-mini-2024-07-18',
};

/** The headers of OpenAI that somebody may read. */
const heads = [
  'HTTP/1.1 200 OK',
  'date: Tue, 03 Feb 2026 10:00:00 GMT',
  'openai-processing-ms: 512',
  'openai-version: 2020-10-01',
  'x-ratelimit-limit-requests: 30000',
  'x-ratelimit-limit-tokens: 150000000',
  'x-ratelimit-remaining-requests: 29999',
  'x-ratelimit-remaining-tokens: 149999000',
  'x-ratelimit-reset-requests: 2ms',
  'x-ratelimit-reset-tokens: 0s',
  'x-request-id: req_0123456789abcdef0123456789abcdef',
];

/** A completion in one JSON value, with its head, as the bytes of the wire. */
export function wholeAnswer(): Buffer {
  const message = { role: 'assistant', content: answerText, refusal: null, annotations: [] };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  const body = JSON.stringify({ ...common, object: 'chat.completion', choices, usage });
  const typed = ['content-type: application/json', `content-length: ${Buffer.byteLength(body)}`];
  return Buffer.from(`${[...heads, ...typed].join('\r\n')}\r\n\r\n${body}`);
}

/** The same streamed: every event is a chunk of HTTP by itself, as servers send them. */
export function streamedAnswer(): Buffer {
  const event = (choices: readonly object[], counted: object | null) =>
    JSON.stringify({ ...common, object: 'chat.completion.chunk', service_tier: 'default', choices, usage: counted });
  const choice = (delta: object, finish_reason: string | null) => [{ index: 0, delta, logprobs: null, finish_reason }];
  const events = [
    event(choice({ role: 'assistant', content: '', refusal: null }, null), null),
    ...pieces.map((content) => event(choice({ content }, null), null)),
    event(choice({}, 'stop'), null),
    event([], usage),
    '[DONE]',
  ];
  const typed = ['content-type: text/event-stream; charset=utf-8', 'transfer-encoding: chunked'];
  const chunks = [...events.map((data) => `data: ${data}\n\n`), ''].map(toChunk);
  return Buffer.from(`${[...heads, ...typed].join('\r\n')}\r\n\r\n${chunks.join('')}`);
}

function toChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}
