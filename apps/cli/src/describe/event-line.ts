import type { AnyEvent } from '@orch/sdk/read';
import type { Terminal } from '../terminal/terminal.ts';
import { harmless } from '../terminal/words.ts';

/** Counts that a server may not have made itself: `~` says so. */
const estimates: ReadonlySet<string> = new Set(['tokens_in', 'tokens_out']);

/** An event in one line: time, type, step and item, and what matters of its data. */
export function eventLine({ ts, type, level, step, item, data }: AnyEvent, terminal: Terminal): string {
  const place = step === undefined ? '' : ` ${step}${item === undefined ? '' : `[${harmless(item)}]`}`;
  const said = `${ts.slice(11, 23)} ${type.padEnd(16)}${place}${reusedUnits(data)}${details(data)}${type === 'tool.returned' ? answerOf(data) : ''}`;
  if (level === 'ERROR') return terminal.paint('red', said);
  return level === 'WARN' ? terminal.paint('yellow', said) : said;
}

const longest = 200;

/** The steps and items that one event about a resume names. */
function reusedUnits(data: unknown): string {
  const { reused } = (data ?? {}) as { readonly reused?: unknown };
  if (!Array.isArray(reused)) return '';
  const names = (reused as readonly { step?: unknown; item?: unknown }[]).map(({ step, item }) =>
    typeof item === 'string' ? `${String(step)}[${harmless(item)}]` : String(step),
  );
  return ` ${firstLine(names.join(' '))}`;
}

/** The scalars of the data; digests, lists and texts of many lines are for `--json`. */
function details(data: unknown): string {
  const { estimated, ...known } = (data ?? {}) as Record<string, unknown>;
  const words = Object.entries(known).flatMap(([name, value]) => {
    if (typeof value === 'number' && estimated === true && estimates.has(name)) return [`${name}=~${value}`];
    if (typeof value === 'number') return [`${name}=${Number.isInteger(value) ? value : value.toFixed(3)}`];
    if (typeof value === 'boolean') return [`${name}=${value}`];
    if (typeof value !== 'string' || /^[0-9a-f]{64}$/.test(value)) return [];
    return [`${name}=${firstLine(value)}`];
  });
  return words.length === 0 ? '' : `  ${words.join(' ')}`;
}

/** What a tool answered, as far as it stands in the log. */
function answerOf(data: unknown): string {
  const { output } = data as { readonly output?: { readonly inline?: string; readonly size_bytes?: number } };
  const { inline, size_bytes: bytes = 0 } = output ?? {};
  return inline === undefined ? ` (${bytes} bytes)` : ` ${firstLine(inline)}`;
}

function firstLine(text: string): string {
  const [line = ''] = text.split('\n');
  const said = harmless(line);
  return line === text && said.length <= longest ? said : `${said.slice(0, longest)} …`;
}
