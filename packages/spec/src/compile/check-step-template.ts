import { hasTags } from '../fields/words.ts';
import { offsetInSource } from '../source/excerpt.ts';
import { suggest } from '../source/suggest.ts';
import type { Problems } from '../source/problems.ts';
import { checkCommand } from '../template/check-command.ts';
import { checkTemplate } from '../template/check-template.ts';
import type { Finding } from '../template/check-template.ts';
import { checkCondition } from '../template/condition.ts';
import { singleExpression } from '../template/list-template.ts';
import type { Reference } from '../template/references.ts';
import { rootFields, needFields } from '../template/scope-fields.ts';
import type { Local, StepTemplate } from './step-templates.ts';

/** What the templates of a job may name. */
type Names = {
  readonly steps: ReadonlySet<string>;
  readonly vars: ReadonlySet<string>;
  readonly hasTask: boolean;
};

/** A step or variable that a template names, and where. */
export type Mention = { readonly name: string; readonly problems: Problems; readonly offset: number };
type Mentions = { readonly steps: Mention[]; readonly vars: Mention[]; readonly readsTask: boolean };

const nothing: Mentions = { steps: [], vars: [], readsTask: false };

/** Notes what is wrong with a template or condition, and returns the steps and variables it names. */
export function checkStepTemplate(template: StepTemplate, names: Names, problems: Problems): Mentions {
  const { excerpt, path, role } = template;
  if (role !== 'condition' && !hasTags(excerpt.text)) return nothing;
  const own = problems.in(excerpt.source);
  const { findings, readable, references } =
    role === 'condition' ? checkCondition(excerpt.text) : checkTemplate(excerpt.text);
  const strays = references.flatMap((reference) => checkReference(reference, template, names) ?? []);
  const roles = readable ? checkRole(role, excerpt.text) : [];
  for (const { index, message, hint } of [...findings, ...strays, ...roles]) {
    own.add(offsetInSource(excerpt, index), { code: 'template', message: `${path}: ${message}`, hint });
  }
  const mentioned = (root: string): Mention[] =>
    references.flatMap(({ path: [first, name], index }) =>
      first === root && typeof name === 'string'
        ? [{ name, problems: own, offset: offsetInSource(excerpt, index) }]
        : [],
    );
  const steps = mentioned('steps').filter(({ name }) => names.steps.has(name));
  return { steps, vars: mentioned('vars'), readsTask: references.some(({ path: [root] }) => root === 'task') };
}

function checkRole(role: StepTemplate['role'], text: string): Finding[] {
  if (role === 'command') return checkCommand(text);
  if (role !== 'list' || singleExpression(text) !== undefined) return [];
  return [{ index: 0, message: 'expected one {{ … }} that gives a list, and nothing else' }];
}

function checkReference({ path, index }: Reference, { sees }: StepTemplate, names: Names): Finding | undefined {
  const message = strangeRoot(path, sees, names) ?? strangeField(path, names);
  return message === undefined ? undefined : { index, message };
}

const roots = ['task', 'vars', 'steps', 'run', 'job', 'now'];

const whereKnown: Readonly<Record<Local, string>> = {
  item: 'item is known only in a step with each, and not in its list',
  output: 'output is known only in assert and repeat_until',
  files: 'files is known only in assert and repeat_until',
  exit_code: 'exit_code is known only in assert and repeat_until',
  stderr: 'stderr is known only in assert and repeat_until',
  round: 'round is known only in repeat_until',
};

function strangeRoot([root]: Reference['path'], sees: ReadonlySet<Local>, names: Names): string | undefined {
  const name = String(root);
  if (Object.hasOwn(whereKnown, name)) return sees.has(name as Local) ? undefined : whereKnown[name as Local];
  const known = [...roots, 'item', ...sees];
  if (!roots.includes(name)) return `no variable ${JSON.stringify(name)}${suggest(name, known)}`;
  if (name === 'task' && !names.hasTask) return 'reads task, but the job has no task_description';
  return undefined;
}

function strangeField([root, field, detail]: Reference['path'], names: Names): string | undefined {
  if (root === 'steps') return strangeStep(field, detail, names);
  if (typeof field !== 'string') return undefined;
  if (root === 'vars' && !names.vars.has(field)) {
    return `no variable ${JSON.stringify(`vars.${field}`)}${suggest(field, names.vars)}`;
  }
  const fields = rootFields[String(root)];
  if (fields === undefined || fields.includes(field)) return undefined;
  return `no variable ${JSON.stringify(`${root}.${field}`)}${suggest(field, fields)}`;
}

function strangeStep(step: unknown, field: unknown, names: Names): string | undefined {
  if (typeof step !== 'string') return 'expected the name of a step after steps., such as steps.build.output';
  if (!names.steps.has(step)) return `no step ${JSON.stringify(step)}${suggest(step, names.steps)}`;
  if (typeof field !== 'string' || (needFields as readonly string[]).includes(field)) return undefined;
  return `a step has no ${JSON.stringify(field)}${suggest(field, needFields)}; what it gave stands in steps.${step}.output`;
}
