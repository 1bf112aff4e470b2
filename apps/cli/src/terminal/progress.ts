import type { OrchEvent } from '@orch/sdk';
import type { Terminal } from './terminal.ts';
import { noticeTeller } from './notices.ts';
import { fewOf, harmless, inLines, plural, seconds } from './words.ts';

/** How many of the steps that stay as they were are named. */
const mostReused = 5;

/** Tells a person what to know of the run, then what goes on, a line for each thing that ended. The items of a fan-out are told of when they fail. */
export function createProgress(terminal: Terminal, notes: readonly string[]): (event: OrchEvent) => void {
  const items = new Map<string, number>();
  const reused: string[] = [];
  const untold = [...notes];
  const started = new Set<string>();
  const notice = noticeTeller(terminal);
  return (event) => {
    const { step = '', item } = event;
    const name = item === undefined ? step : `${step} ${harmless(item)}`;
    if (event.type === 'job.started') {
      for (const note of untold.splice(0)) terminal.out(note);
      started.clear();
    }
    if (event.type === 'step.expanded') items.set(step, event.data.count);
    if (event.type === 'step.started') started.add(name);
    if (noteReused(event, reused)) return;
    if (reused.length > 0) terminal.out(reusedLine(reused.splice(0), terminal));
    const line =
      notice(event, name) ?? lineOf(event, name, { terminal, items: items.get(step), isNew: started.has(name) });
    if (line !== undefined) terminal.out(line);
  };
}

/** Many of them come in several events, one after another: they are told together. */
function noteReused({ type, data }: OrchEvent, reused: string[]): boolean {
  if (type !== 'step.skipped' || data.reason !== 'resume') return false;
  for (const { step, item } of data.reused) if (item === undefined) reused.push(step);
  return true;
}

function reusedLine(steps: readonly string[], { paint }: Terminal): string {
  return `  ${paint('green', '✓')} ${paint('dim', `reused: ${fewOf(steps, mostReused).join(', ')}`)}`;
}

const stillFailed = 'still failed, as before; --retry-failed tries again';

type Telling = {
  readonly terminal: Terminal;
  readonly items: number | undefined;
  /** It started since the run goes on. */
  readonly isNew: boolean;
};

function lineOf(event: OrchEvent, name: string, { terminal, items, isNew }: Telling): string | undefined {
  const { paint } = terminal;
  switch (event.type) {
    case 'job.started':
      return `${paint('bold', event.data.project)} ${event.job_id}`;
    case 'step.started':
      return event.item === undefined ? paint('dim', `  … ${name}`) : undefined;
    case 'step.succeeded': {
      if (event.item !== undefined) return undefined;
      const count = items === undefined ? '' : `  ${plural(items, 'item')}`;
      return `  ${paint('green', '✓')} ${name}  ${seconds(event.data.duration_s)}${count}`;
    }
    case 'step.failed': {
      const { message, will_retry: again = false, attempt } = event.data;
      if (attempt > 0 && !isNew) return `  ${paint('yellow', '✗')} ${name}  ${stillFailed}`;
      const [first = ''] = harmless(message).split('\n');
      return again ? `  ${paint('yellow', '↻')} ${name}  ${first}` : `  ${paint('red', '✗')} ${name}  ${first}`;
    }
    case 'step.skipped':
      return event.item === undefined ? paint('dim', `  - ${name}  skipped: ${event.data.reason}`) : undefined;
    case 'step.waiting':
      return `  ${paint('yellow', '?')} ${name}  ${inLines(event.data.question)}`;
    case 'step.canceled':
      if (event.data.reason === 'process_lost') return undefined;
      if (event.item !== undefined) return undefined;
      return `  ${paint('yellow', '-')} ${name}  canceled${event.data.reason === 'job_failed' ? ': another step failed' : ''}`;
    default:
      return undefined;
  }
}
