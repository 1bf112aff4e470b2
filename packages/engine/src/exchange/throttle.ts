import type { ProviderContext, Rest } from '@orch/contracts';
import type { Throttle } from '../graph/parking.ts';
import type { RunNode } from '../graph/graph.ts';
import type { RunContext } from '../run/run-context.ts';
import { choiceOf, providerOf } from './choice.ts';

/** Shorter waits are nobody's business. */
const leastMs = 50;

/** Whom a step or item would ask, when that one takes no request at present. Steps that name their own model are told by it. */
export function createThrottle(run: RunContext): (node: RunNode) => Throttle | undefined {
  return ({ step }) => {
    if (run.kinds.get(step.kind)?.asks !== true || run.frozen) return undefined;
    const provider = providerOf(run, step);
    const model = modelOf(run, step);
    const rest = provider?.waiting?.(model);
    if (provider === undefined || rest === undefined || isShort(rest)) return undefined;
    return { who: provider, ms: rest.ms, tell: () => tellThrottled(run, { provider: provider.name, model }, rest) };
  };
}

/** Lends a wait of an exchange the place it holds, and tells of it when it is one that a limit asks for. */
export function restFor(run: RunContext, who: Asked): NonNullable<ProviderContext['rest']> {
  return (rest, wait) => {
    tellThrottled(run, who, rest);
    return run.admission.rest(() => wait(run.drain));
  };
}

/** 0 is no short wait: it says that nobody can tell. */
function isShort({ ms }: Rest): boolean {
  return ms > 0 && ms <= leastMs;
}

type Asked = { readonly provider: string; readonly model: string };

function tellThrottled({ journal }: RunContext, who: Asked, { ms, reason }: Rest): void {
  if (reason === 'backoff') return;
  journal.push('provider.throttled', { ...who, wait_s: Math.round(ms) / 1000, limit: reason });
}

function modelOf(run: RunContext, step: RunNode['step']): string {
  const { model } = step.fields;
  return typeof model === 'string' ? model : (choiceOf(run, step)?.model ?? '');
}
