import type { JsonObject, Plan, ProviderChoice, SubJob } from '@orch/contracts';
import type { DraftStep } from '../fields/draft.ts';
import { hasTags } from '../fields/words.ts';
import type { Problems } from '../source/problems.ts';
import { entryOf, inside } from '../source/written.ts';
import type { CheckedJob } from './check-job.ts';
import { isNamed } from './check-providers.ts';
import type { CompileContext, Refusal } from './context.ts';
import { placeOf } from './place.ts';

type Around = {
  readonly problems: Problems;
  readonly whyRefused: NonNullable<CompileContext['whyRefused']>;
  /** Who answers a job that names nobody. */
  readonly outer?: ProviderChoice | undefined;
};

/** Notes what those who answer do not take: of what the job says of them, and of the options of its steps. */
export async function checkOptions(job: CheckedJob, plan: Plan, { outer, ...around }: Around): Promise<void> {
  const main = plan.provider ?? outer;
  /** By what is left of them to look at their steps with. */
  const wrong = new Map<ProviderChoice, ProviderChoice | undefined>();
  for (const [key, choice] of choicesOf(plan)) {
    const why = await around.whyRefused(choice, { options: {} });
    if (why === undefined) continue;
    const bare = { ...choice, options: {} };
    wrong.set(choice, (await around.whyRefused(bare, { options: {} })) === undefined ? bare : undefined);
    note(why, spotOf(key, job, around.problems));
  }
  for (const step of job.draft.steps) {
    const choice = step.provider === undefined ? main : plan.providers?.[step.provider.key];
    const asked = choice !== undefined && wrong.has(choice) ? wrong.get(choice) : choice;
    if (asked !== undefined) await checkStep(step, asked, around);
  }
  for (const { id, fields } of plan.steps) {
    const inner = job.jobs.get(id)?.job;
    if (inner === undefined) continue;
    await checkOptions(inner, (fields['job'] as unknown as SubJob).plan, { ...around, outer: main });
  }
}

function choicesOf({ provider, providers = {} }: Plan): [string | undefined, ProviderChoice][] {
  const named = Object.entries(providers);
  return provider === undefined ? named : [[undefined, provider], ...named];
}

async function checkStep(step: DraftStep, choice: ProviderChoice, { problems, whyRefused }: Around): Promise<void> {
  const entry = step.written.get('options');
  if (step.kind !== 'llm' || entry === undefined) return;
  const model = step.fields['model'];
  const named = typeof model === 'string' && !hasTags(model) ? { model } : {};
  const why = await whyRefused(choice, { options: step.fields['options'] as JsonObject, ...named });
  if (why === undefined) return;
  note(why, { ...placeOf(step, entry, problems), offset: entry.value.span[0] });
}

type Spot = { readonly path: string; readonly offset: number; readonly problems: Problems };

/** Where a provider is described: under `providers`, or where the job, or the first step that names it, does. */
function spotOf(key: string | undefined, { draft }: CheckedJob, problems: Problems): Spot {
  const own = problems.in(draft.source);
  const listed = draft.written.get('providers');
  const name = key ?? (draft.provider !== undefined && isNamed(draft.provider, draft) ? draft.provider.name : '');
  const entry = entryOf(listed?.value, name);
  if (listed !== undefined && entry !== undefined) {
    return { path: inside('providers', name), offset: entry.value.span[0], problems: own.of(listed) };
  }
  const step = key === undefined ? undefined : draft.steps.find(({ provider }) => provider?.key === key);
  const written = (step ?? draft).written.get('provider');
  if (written === undefined) return { path: 'provider', offset: 0, problems: own };
  const place = step === undefined ? { path: 'provider', problems: own.of(written) } : placeOf(step, written, problems);
  return { ...place, offset: written.value.span[0] };
}

function note({ message, hint }: Refusal, { path, offset, problems }: Spot): void {
  problems.add(offset, { code: 'bad_value', message: `${path}: ${asPart(message)}`, hint: hint && asPart(hint) });
}

/** A sentence, as what stands behind a colon. */
function asPart(sentence: string): string {
  return sentence.charAt(0).toLowerCase() + sentence.slice(1).replace(/\.$/, '');
}
