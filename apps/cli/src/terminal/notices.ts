import type { OrchEvent } from '@orch/sdk';
import type { Terminal } from './terminal.ts';
import { harmless, seconds } from './words.ts';

type Throttled = OrchEvent<'provider.throttled'>['data'];

/** What is waited for, in words. */
export const limitWords: Readonly<Record<Throttled['limit'], string>> = {
  requests: 'its requests per minute',
  tokens: 'its tokens per minute',
  parallel: 'a place among its requests',
  retry_after: 'as long as it asks for',
};

/** `ollama:m`, as it stands in an event. */
export function whoIs({ provider, model }: { readonly provider: string; readonly model?: string | undefined }): string {
  return harmless(model === undefined || model === '' ? provider : `${provider}:${model}`);
}

/** Tells of waits, each once until it is over, of warnings, each once, of outages, and of the tools that a model has called. */
export function noticeTeller({ paint }: Terminal): (event: OrchEvent, name: string) => string | undefined {
  const waits = new Map<string, number>();
  const warned = new Set<string>();
  const called = new Map<string, string>();
  return (event, name) => {
    switch (event.type) {
      case 'provider.throttled': {
        const { limit, wait_s: wait } = event.data;
        const key = `${whoIs(event.data)} ${limit}`;
        const now = Date.parse(event.ts);
        if (limit === 'parallel' || wait < 1 || now < (waits.get(key) ?? 0)) return undefined;
        waits.set(key, now + wait * 1000);
        return `  ${paint('yellow', '~')} ${whoIs(event.data)}  waits ${seconds(wait)} for ${limitWords[limit]}`;
      }
      case 'provider.warned': {
        const said = `${whoIs(event.data)}  ${harmless(event.data.message)}`;
        if (warned.has(said)) return undefined;
        warned.add(said);
        return `  ${paint('yellow', '!')} ${said}`;
      }
      case 'circuit.opened':
        return `  ${paint('yellow', '!')} ${whoIs(event.data)}  keeps failing: is not asked for ${seconds(event.data.cooldown_s)}`;
      case 'circuit.closed':
        return `  ${paint('green', '~')} ${whoIs(event.data)}  answers again`;
      case 'tool.called':
        called.set(event.data.call, event.data.name);
        return event.item === undefined ? paint('dim', `  → ${name}  ${harmless(event.data.name)}`) : undefined;
      case 'tool.returned':
        if (event.data.is_error !== true) return undefined;
        return `  ${paint('yellow', '→')} ${name}  ${harmless(called.get(event.data.call) ?? 'a tool')} answers with an error`;
      default:
        return undefined;
    }
  };
}
