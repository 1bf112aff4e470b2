import type { Draft, DraftStep } from '../fields/draft.ts';
import type { Problems } from '../source/problems.ts';
import { checkStepTemplate } from './check-step-template.ts';
import type { Mention } from './check-step-template.ts';
import type { FilledStep } from './fill-files.ts';
import type { KnownSteps } from './resolve-needs.ts';

type Around = {
  readonly draft: Draft;
  /** The steps that templates may name. */
  readonly known: KnownSteps;
  /** Variables that the job is given. */
  readonly given: ReadonlySet<string>;
  readonly problems: Problems;
};

type Named = {
  /** The steps that the templates of each step name. */
  readonly mentions: ReadonlyMap<DraftStep, readonly Mention[]>;
  /** Variables that the job declares, or that its templates name. */
  readonly vars: ReadonlySet<string>;
};

/** Notes what is wrong with the templates and conditions of all steps, and returns what they name. */
export function checkTemplates(filled: readonly FilledStep[], { draft, known, given, problems }: Around): Named {
  const { pipeline, task } = draft;
  const names = {
    steps: new Set(known.keys()),
    vars: new Set([...Object.keys(draft.vars), ...given]),
    hasTask: task !== undefined || pipeline !== undefined,
  };
  const found = filled.map(({ step, templates }) => {
    return [step, templates.map((template) => checkStepTemplate(template, names, problems))] as const;
  });
  const all = found.flatMap(([, mentions]) => mentions);
  if (pipeline !== undefined && task === undefined && all.some(({ readsTask }) => readsTask)) {
    const message = `task_description: expected, since the pipeline ${JSON.stringify(pipeline.use)} reads {{ task }}`;
    problems.in(draft.source).add(0, { code: 'missing', message });
  }
  const read = all.flatMap(({ vars }) => vars.map(({ name }) => name));
  return {
    mentions: new Map(found.map(([step, mentions]) => [step, mentions.flatMap(({ steps }) => steps)])),
    vars: new Set([...Object.keys(draft.vars), ...read]),
  };
}
