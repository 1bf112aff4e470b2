import { join } from 'node:path';
import type { OrchEvent } from '@orch/sdk';
import { readLog } from '@orch/sdk/read';
import { limitWords, whoIs } from '../terminal/notices.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { fewOf, harmless, plural, seconds, table } from '../terminal/words.ts';

const most = 20;

const types = ['provider.throttled', 'provider.warned', 'tool.called', 'tool.returned'] as const;

type Notice = OrchEvent<(typeof types)[number]>;

/** What happened beside the steps of a run: waits for providers, their warnings, and the tools that were called. */
export async function noticeLines(dir: string, { paint }: Terminal): Promise<string[]> {
  const notices: Notice[] = [];
  for await (const event of readLog(join(dir, 'events.jsonl'), { types })) notices.push(event);
  const rows = [
    ...waits(notices).map((said) => ['waited', said]),
    ...warnings(notices).map((said) => ['warned', said]),
    ...calls(notices).map((said) => ['called', said]),
  ].map(([what = '', said = '']) => [paint('dim', what), said]);
  return rows.length === 0 ? [] : ['', ...fewOf(table(rows), most)];
}

function waits(notices: readonly Notice[]): string[] {
  const all = notices.flatMap((event) => (event.type === 'provider.throttled' ? [event.data] : []));
  const groups = Map.groupBy(all, (data) => `${whoIs(data)}  for ${limitWords[data.limit]}`);
  return [...groups].map(([what, group]) => {
    const waited = group.reduce((sum, { wait_s: wait }) => sum + wait, 0);
    return `${what}: ${plural(group.length, 'time')}, ${seconds(waited)}`;
  });
}

function warnings(notices: readonly Notice[]): string[] {
  const all = notices.flatMap((event) => (event.type === 'provider.warned' ? [event.data] : []));
  const groups = Map.groupBy(all, (data) => `${whoIs(data)}  ${harmless(data.message)}`);
  return [...groups].map(([said, { length }]) => (length === 1 ? said : `${said} (${plural(length, 'time')})`));
}

/** By the tool and the step whose model called it. */
function calls(notices: readonly Notice[]): string[] {
  const failed = new Set(
    notices.flatMap((event) =>
      event.type === 'tool.returned' && event.data.is_error === true ? [event.data.call] : [],
    ),
  );
  const all = notices.flatMap((event) => (event.type === 'tool.called' ? [event] : []));
  const groups = Map.groupBy(all, ({ step = '', data }) => `${step}  ${harmless(data.name)}`);
  return [...groups].map(([what, group]) => {
    const errors = group.filter(({ data }) => failed.has(data.call)).length;
    return `${what}: ${plural(group.length, 'time')}${errors === 0 ? '' : `, ${plural(errors, 'error')}`}`;
  });
}
