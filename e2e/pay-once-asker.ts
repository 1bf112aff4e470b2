// A process that asks what it is told to through a cache, as a run does; each call goes to the server that counts.
import { openCache } from '../packages/cache/src/index.ts';
import type { Cached } from '../packages/cache/src/index.ts';

/** Prompts to be asked for at the same moment, or the end of the waiting for all that was asked before. */
export type Order = readonly string[] | 'leave';
/** Sent before anything is looked up, then once all has ended. */
export type Told =
  'asking' | readonly { readonly value?: string; readonly from?: Cached<string>['from']; readonly error?: string }[];

const [dir = '', shared = '', server = ''] = process.argv.slice(2);
const cache = openCache<string>(dir, { shared });
let leaving = new AbortController();

process.on('message', (order: Order) => {
  if (order === 'leave') {
    leaving.abort(new Error('left'));
    leaving = new AbortController();
  } else {
    tell('asking');
    void Promise.all(order.map((prompt) => ask(prompt, leaving.signal))).then(tell);
  }
});

async function ask(prompt: string, signal: AbortSignal) {
  const question = { provider: { name: 'p', model: 'm', opts: {} }, step: 's', inputs: { prompt } };
  try {
    const { value, from } = await cache.getOrCompute(question, () => call(prompt, signal), { signal });
    return { value, from };
  } catch (error) {
    return { error: (error as Error).message };
  }
}

async function call(prompt: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(`${server}/${prompt}`, { signal });
  if (!response.ok) throw new Error(`status ${response.status}`);
  return response.text();
}

function tell(told: Told): void {
  process.send?.(told);
}
