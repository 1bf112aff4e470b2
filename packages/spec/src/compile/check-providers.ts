import type { ProviderChoice } from '@orch/contracts';
import type { Draft, DraftStep } from '../fields/draft.ts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import { entryOf, inside } from '../source/written.ts';
import { placeOf } from './place.ts';

/** Notes providers that nobody knows. `known` are the vendors there are; undefined takes every name. */
export function checkProviders(draft: Draft, known: readonly string[] | undefined, problems: Problems): void {
  if (known === undefined) return;
  const isKnown = ({ name }: ProviderChoice) => name === 'auto' || known.includes(name);
  const own = Object.keys(draft.providers);
  const main = draft.written.get('provider');
  if (
    main !== undefined &&
    draft.provider !== undefined &&
    !isNamed(draft.provider, draft) &&
    !isKnown(draft.provider)
  ) {
    const message = `provider: ${strange(draft.provider.name, [...own, ...known])}`;
    problems.of(main).add(main.value.span[0], { code: 'bad_value', message });
  }
  const named = draft.written.get('providers');
  for (const [name, choice] of Object.entries(draft.providers)) {
    const entry = entryOf(named?.value, name);
    if (isKnown(choice) || named === undefined || entry === undefined) continue;
    const message = `${inside('providers', name)}: ${strange(choice.name, known)}`;
    problems.of(named).add(entry.value.span[0], { code: 'bad_value', message });
  }
  for (const step of draft.steps) checkStep(step, { known: [...own, ...known, 'auto'], problems });
}

/** Whether a choice is nothing but a name under `providers`. */
export const isNamed = (choice: ProviderChoice, { providers }: Pick<Draft, 'providers'>): boolean =>
  Object.keys(choice).length === 1 && Object.hasOwn(providers, choice.name);

function checkStep(step: DraftStep, { known, problems }: { known: readonly string[]; problems: Problems }): void {
  const entry = step.written.get('provider');
  if (step.provider === undefined || entry === undefined || known.includes(step.provider.choice.name)) return;
  const place = placeOf(step, entry, problems);
  const message = `${place.path}: ${strange(step.provider.choice.name, known.slice(0, -1))}`;
  place.problems.add(entry.value.span[0], { code: 'bad_value', message });
}

const strange = (name: string, known: readonly string[]): string =>
  `expected one of ${known.join(', ')}, got ${JSON.stringify(name)}${suggest(name, known)}`;
