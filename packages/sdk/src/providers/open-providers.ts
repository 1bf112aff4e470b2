import { canonicalJson } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { Hider, Plan, PlanStep, Provider, ProviderChoice, SubJob } from '@orch/contracts';
import type { EnginePorts } from '@orch/engine';
import { hideValue } from '@orch/secrets';
import { chooseFrozen } from './choose-frozen.ts';
import { chooseProvider, openProvider } from './choose-provider.ts';
import type { ChosenProvider, ProviderQuestion } from './choose-provider.ts';

type Opened = ChosenProvider & { readonly recordings?: Provider | undefined };

type Lent = Pick<EnginePorts, 'provider' | 'providers' | 'recordings' | 'findProvider'>;

/** Those who answer a run, and the jobs that its steps run: each is asked once whether it is there. */
export class OpenProviders {
  readonly #frozen: boolean;
  readonly #opened: Opened[] = [];
  readonly #chosen = new Map<string, ProviderChoice>();

  /** `frozen`: nobody is called, so nobody has to be there. */
  constructor({ frozen = false }: { readonly frozen?: boolean | undefined }) {
    this.#frozen = frozen;
  }

  /** Decides who answers. `before`: who did the last time, asked only by a run that is frozen. */
  async choose(
    question: ProviderQuestion,
    before: () => ProviderChoice | undefined | Promise<ProviderChoice | undefined>,
  ): Promise<ProviderChoice> {
    const name = canonicalJson([question.flag ?? null, question.written]);
    const known = this.#chosen.get(name);
    if (known !== undefined) return known;
    const choose = async () => (this.#frozen ? chooseFrozen(question, await before()) : chooseProvider(question));
    const opened: Opened = await choose().catch((error: unknown) => rethrow(question, error));
    this.#opened.push(opened);
    this.#chosen.set(name, opened.choice);
    return opened.choice;
  }

  /** Opens who was chosen before, unless that was done. */
  async open(choice: ProviderChoice, question: Omit<ProviderQuestion, 'written' | 'flag'>): Promise<void> {
    if (this.#opened.some((opened) => isSame(opened.choice, choice))) return;
    const asked = { ...question, written: choice };
    this.#opened.push(this.#frozen ? await chooseFrozen(asked, choice) : await openProvider(choice, asked));
  }

  /** As a run of this plan is lent them: a secret that stands in a choice is hidden in the plan. */
  lend({ provider, providers = {} }: Plan, hider: Hider): Lent {
    const find = (choice: ProviderChoice): Provider | undefined =>
      this.#opened.find((opened) => isSame(hideValue(opened.choice, hider), choice))?.provider;
    const named = Object.entries(providers).flatMap(([name, choice]) => {
      const found = find(choice);
      return found === undefined ? [] : [[name, found] as const];
    });
    return {
      provider: provider && find(provider),
      providers: new Map(named),
      recordings: this.#opened.find(({ recordings }) => recordings !== undefined)?.recordings,
      findProvider: find,
    };
  }

  /** What a person should know of them, each note once. */
  get notes(): readonly string[] {
    return [...new Set(this.#opened.flatMap(({ notes }) => notes))];
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map(async ({ provider }) => provider.close?.()));
  }
}

/** Of one under `providers`: the error says which, since others may be of the same vendor. */
function rethrow({ key, written }: ProviderQuestion, error: unknown): never {
  const isOwn = key === undefined || key === written.name || key.includes(':');
  if (isOwn || !OrchError.is(error)) throw error;
  const { code, message, hint, details, retryable } = error;
  throw new OrchError(code, `providers.${key}: ${message}`, { hint, details, retryable, cause: error });
}

function isSame(a: ProviderChoice, b: ProviderChoice): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** All who answer a plan, and the jobs that its steps run. */
export function choicesOf({ provider, providers = {}, steps }: Plan): readonly ProviderChoice[] {
  const inner = steps.flatMap((step) => (step.kind === 'job' ? choicesOf(subJobOf(step).plan) : []));
  return [...(provider === undefined ? [] : [provider]), ...Object.values(providers), ...inner];
}

/** Those that a step asks. */
export function choicesFor(step: PlanStep, plan: Plan): readonly ProviderChoice[] {
  const own = step.provider === undefined ? plan.provider : plan.providers?.[step.provider];
  const inner = step.kind === 'job' ? subJobOf(step).plan : undefined;
  const asked = inner?.provider === undefined && own !== undefined ? [own] : [];
  return inner === undefined ? asked : [...asked, ...choicesOf(inner)];
}

function subJobOf({ fields }: PlanStep): SubJob {
  return fields['job'] as unknown as SubJob;
}

/** Who went by this name in an earlier plan of the job; of a job that a step runs, who was what it says. */
export function choiceBefore(
  plan: Plan | undefined,
  name: string,
  { name: vendor, model }: ProviderChoice,
): ProviderChoice | undefined {
  if (plan === undefined) return undefined;
  const fits = (choice: ProviderChoice): boolean =>
    vendor === 'auto' || (choice.name === vendor && (model === undefined || choice.model === model));
  return plan.providers?.[name] ?? choicesOf(plan).find(fits);
}
