import { join, resolve } from 'node:path';
import { canonicalJson } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, Hider, Plan, PlanStep, Provider, ProviderChoice, SubJob } from '@orch/contracts';
import type { EnginePorts } from '@orch/engine';
import { hideValue } from '@orch/secrets';
import { chooseFrozen } from './choose-frozen.ts';
import { answersFromFiles, chooseProvider, createProvider, openProvider } from './choose-provider.ts';
import type { ChosenProvider, ProviderQuestion } from './choose-provider.ts';

/** `folder`: of recordings, beside the job that named it. */
type Opened = ChosenProvider & { readonly recordings?: Provider | undefined; readonly folder: string };

type Around = Pick<ProviderQuestion, 'clock' | 'env' | 'hide'>;

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
    const folder = answersFromFiles(question.written) ? question.recordings : null;
    const name = canonicalJson([question.flag ?? null, question.written, folder]);
    const known = this.#chosen.get(name);
    if (known !== undefined) return known;
    const choose = async () => (this.#frozen ? chooseFrozen(question, await before()) : chooseProvider(question));
    const opened = await choose().catch((error: unknown) => rethrow(question, error));
    this.#opened.push({ ...opened, folder: question.recordings });
    this.#chosen.set(name, opened.choice);
    return opened.choice;
  }

  /** Opens who was chosen before, unless that was done. */
  async open(choice: ProviderChoice, question: Omit<ProviderQuestion, 'written' | 'flag'>): Promise<void> {
    if (this.#opened.some((opened) => isSame(opened.choice, choice) && isFor(opened, choice, question.recordings)))
      return;
    const asked = { ...question, written: choice };
    const opened = this.#frozen ? await chooseFrozen(asked, choice) : await openProvider(choice, asked);
    this.#opened.push({ ...opened, folder: question.recordings });
  }

  /** As a run of this plan is lent them: a secret that stands in a choice is hidden in the plan. */
  lend({ plan, jobDir }: Pick<CompiledJob, 'plan' | 'jobDir'>, hider: Hider, around: Around): Lent {
    const { provider, providers = {} } = plan;
    const own = recordingsOf(jobDir);
    const find = (choice: ProviderChoice, folder = own): Provider | undefined =>
      this.#opened.find((one) => isSame(hideValue(one.choice, hider), choice) && isFor(one, choice, folder))?.provider;
    const recorded = this.#opened.filter(({ recordings }) => recordings !== undefined);
    const named = Object.entries(providers).flatMap(([name, choice]) => {
      const found = find(choice);
      return found === undefined ? [] : [[name, found] as const];
    });
    return {
      provider: provider && find(provider),
      providers: new Map(named),
      recordings: (recorded.find(({ folder }) => folder === own) ?? recorded[0])?.recordings,
      async findProvider(choice, of) {
        const recordings = recordingsOf(of);
        const found = find(choice, recordings);
        if (found !== undefined || !answersFromFiles(choice)) return found;
        return createProvider(choice, { ...around, recordings });
      },
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

/** Where the recordings of a job stand. */
export function recordingsOf(jobDir: string): string {
  return join(jobDir, 'recordings');
}

/** Whether it answers a job whose recordings stand in this folder. */
function isFor(opened: Opened, choice: ProviderChoice, folder: string): boolean {
  return !answersFromFiles(choice) || opened.folder === folder;
}

function isSame(a: ProviderChoice, b: ProviderChoice): boolean {
  return canonicalJson(a) === canonicalJson(b);
}

/** A choice, and the absolute folder whose recordings are meant where it means some. */
type Named = { readonly choice: ProviderChoice; readonly jobDir: string };

type Place = Pick<CompiledJob, 'plan' | 'jobDir'>;

/** All who answer a job, and the jobs that its steps run. */
export function choicesOf(job: Place): readonly Named[] {
  const { provider, providers = {}, steps } = job.plan;
  const own = [...(provider === undefined ? [] : [provider]), ...Object.values(providers)];
  return [
    ...own.map((choice) => ({ choice, jobDir: job.jobDir })),
    ...steps.flatMap((step) => choicesWithin(step, job)),
  ];
}

/** Those that a step asks. */
export function choicesFor(step: PlanStep, job: Place): readonly Named[] {
  const { provider, providers } = job.plan;
  const own = step.provider === undefined ? provider : providers?.[step.provider];
  const asksOwn = own !== undefined && (step.kind !== 'job' || subJobOf(step).plan.provider === undefined);
  return [...(asksOwn ? [{ choice: own, jobDir: job.jobDir }] : []), ...choicesWithin(step, job)];
}

/** Of the job that a step runs. What answers from no files may look for recordings beside the outer job. */
function choicesWithin(step: PlanStep, { jobDir }: Place): readonly Named[] {
  if (step.kind !== 'job') return [];
  const inner = subJobOf(step);
  const named = choicesOf({ plan: inner.plan, jobDir: resolve(jobDir, inner.jobDir) });
  return named.map((one) => (answersFromFiles(one.choice) ? one : { ...one, jobDir }));
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
  return (
    plan.providers?.[name] ??
    choicesOf({ plan, jobDir: '/' })
      .map(({ choice }) => choice)
      .find(fits)
  );
}
