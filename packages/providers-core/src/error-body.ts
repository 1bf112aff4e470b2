/** What an error body says, in whatever form the server chose. */
export type ErrorBody = {
  readonly message?: string;
  readonly type?: string;
  readonly code?: string;
  /** The whole error is one text, as Ollama writes it. */
  readonly isText?: boolean;
};

/**
 * Reads an error body leniently: `{error: {message, type, code}}` (OpenAI), with `details.error_code` for a code
 * (Anthropic), `{error: "text"}` (Ollama), `{message, type, code}` (vLLM), `{detail: "text"}` and
 * `{detail: [{loc, msg}, …]}` (FastAPI), else the text itself unless it is a page of HTML.
 */
export function readErrorBody(body: unknown): ErrorBody {
  const value = typeof body === 'string' ? parsed(body) : body;
  if (typeof value === 'string') return /^\s*</.test(value) ? {} : toBody({ message: value });
  if (!isRecord(value)) return {};
  const { error, detail } = value;
  if (typeof error === 'string') return { message: error, isText: true };
  if (isRecord(error)) return toBody(error);
  if (Array.isArray(detail)) return toBody({ message: detail.map(faultOf).join('; ') });
  return toBody(typeof detail === 'string' ? { message: detail } : value);
}

/** What is wrong, after the place of it. */
function faultOf(fault: unknown): string {
  if (!isRecord(fault)) return String(fault);
  const { loc, msg } = fault;
  return Array.isArray(loc) ? `${loc.join('.')}: ${String(msg)}` : String(msg);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return text;
    throw error;
  }
}

const known: ReadonlySet<string> = new Set(['message', 'type', 'code']);

function toBody(fields: Record<string, unknown>): ErrorBody {
  const { details } = fields;
  const code = isRecord(details) ? (details['error_code'] ?? fields['code']) : fields['code'];
  const entries = Object.entries({ ...fields, code }).filter(([name]) => known.has(name));
  const texts = entries.map(([name, value]) => [name, toText(value)] as const);
  return Object.fromEntries(texts.filter(([, text]) => text !== undefined));
}

function toText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
