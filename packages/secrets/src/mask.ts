import type { Span } from './spans.ts';

const mask = '***';

/** The text with `***` for each span. The spans are in order and apart. */
export function maskSpans(text: string, spans: readonly Span[]): string {
  let masked = '';
  let done = 0;
  for (const { start, end } of spans) {
    masked += text.slice(done, escapeStart(text, { floor: done, at: start })) + mask;
    done = end;
  }
  return masked + text.slice(done);
}

/**
 * Where the escape sequence begins that is not complete at a place (`\`, `\u`, `\u0` …), else that place: before a mask,
 * half an escape would make JSON that nobody can read. Nothing before `floor` belongs to it.
 */
export function escapeStart(text: string, { floor, at }: { readonly floor: number; readonly at: number }): number {
  const digits = /u[0-9a-f]{0,3}$/i.exec(text.slice(Math.max(floor, at - 4), at))?.[0] ?? '';
  const head = at - digits.length;
  let slashes = 0;
  while (head - slashes > floor && text[head - slashes - 1] === '\\') slashes++;
  return slashes % 2 === 1 ? head - 1 : at;
}
