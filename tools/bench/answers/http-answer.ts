/** What the server says to one protocol, as the bytes of the wire. */
export type Answers = {
  /** Where it is asked, below the base URL of the service. */
  readonly path: string;
  readonly whole: () => Buffer;
  readonly streamed: () => Buffer;
};

type Head = { readonly type: string; readonly headers: readonly string[] };

const common = ['HTTP/1.1 200 OK', 'date: Tue, 03 Feb 2026 10:00:00 GMT'];

/** A value of JSON, with its head. */
export function wholeAnswer({ type, headers }: Head, value: object): Buffer {
  const body = JSON.stringify(value);
  const typed = [`content-type: ${type}`, `content-length: ${Buffer.byteLength(body)}`];
  return Buffer.from(`${[...common, ...headers, ...typed].join('\r\n')}\r\n\r\n${body}`);
}

/** The same streamed: every event is a chunk of HTTP by itself, as servers send them. */
export function streamedAnswer({ type, headers }: Head, events: readonly string[]): Buffer {
  const typed = [`content-type: ${type}`, 'transfer-encoding: chunked'];
  const chunks = [...events, ''].map(toChunk);
  return Buffer.from(`${[...common, ...headers, ...typed].join('\r\n')}\r\n\r\n${chunks.join('')}`);
}

function toChunk(text: string): string {
  return `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
}
