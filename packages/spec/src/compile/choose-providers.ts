import type { ProviderChoice } from '@orch/contracts';
import type { Draft } from '../fields/draft.ts';
import { AUTO } from '../fields/provider-choice.ts';
import type { CheckedJob } from './check-job.ts';
import { isNamed } from './check-providers.ts';
import { keyOf } from '../fields/step-provider.ts';
import type { CompileContext } from './context.ts';

/** Who answers: the steps that name nobody, and those that do, by what they name. */
export type ChosenProviders = {
  readonly main: ProviderChoice | undefined;
  readonly named: Readonly<Record<string, ProviderChoice>>;
};

type Port = Pick<CompileContext, 'provider' | 'namedProvider'>;

/**
 * Asks who answers, once for each. `parent`: who answers the job whose step runs this one, if any: for one that names
 * nobody that is found when it runs.
 */
export async function chooseProviders(job: CheckedJob, port: Port, parent?: ChosenProviders): Promise<ChosenProviders> {
  const named: [string, ProviderChoice][] = [];
  for (const [key, choice] of namedBySteps(job.draft))
    named.push([key, await chooseNamed(key, choice, { ...port, jobDir: job.jobDir })]);
  return { main: asksMain(job) ? await chooseMain(job, port, parent) : undefined, named: Object.fromEntries(named) };
}

async function chooseMain(
  { draft, jobDir }: CheckedJob,
  port: Port,
  parent: ChosenProviders | undefined,
): Promise<ProviderChoice | undefined> {
  const written = mainOf(draft);
  if (parent !== undefined)
    return isUnsaid(written) ? undefined : chooseNamed(keyOf(written), written, { ...port, jobDir });
  if (port.provider !== undefined) return port.provider(written ?? AUTO);
  return isUnsaid(written) ? undefined : written;
}

const isUnsaid = (choice: ProviderChoice | undefined): choice is undefined =>
  choice === undefined || choice.name === 'auto';

/** What a job says itself, looked up under `providers` where it only names one of them. */
function mainOf({ provider, providers }: Draft): ProviderChoice | undefined {
  return provider !== undefined && isNamed(provider, { providers }) ? providers[provider.name] : provider;
}

async function chooseNamed(
  key: string,
  choice: ProviderChoice,
  { namedProvider, jobDir }: Port & Pick<CheckedJob, 'jobDir'>,
): Promise<ProviderChoice> {
  return namedProvider === undefined ? choice : namedProvider(key, choice, jobDir);
}

/** The providers that steps name, in the order of their names. */
function namedBySteps({ steps, providers }: Draft): [string, ProviderChoice][] {
  const all = new Map<string, ProviderChoice>();
  for (const { provider } of steps) {
    if (provider !== undefined) all.set(provider.key, providers[provider.key] ?? provider.choice);
  }
  return [...all].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Whether a step, or a job that a step runs, asks whom the job itself names; or may add steps that do. */
function asksMain({ draft, jobs, ownKinds }: CheckedJob): boolean {
  const mayAdd = !isUnsaid(draft.provider);
  return draft.steps.some(({ id, kind = '', provider }) => {
    if (provider !== undefined) return false;
    const inner = jobs.get(id)?.job;
    if (inner !== undefined) return isUnsaid(inner.draft.provider) && asksMain(inner);
    if (kind === 'llm' || ownKinds?.get(kind)?.asks === true) return true;
    return kind === 'module' && mayAdd;
  });
}
