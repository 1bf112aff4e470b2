import { hasTags } from '../fields/words.ts';
import { offsetInSource } from '../source/excerpt.ts';
import { suggest } from '../source/suggest.ts';
import type { Problems } from '../source/problems.ts';
import { checkCommand } from '../template/check-command.ts';
import { checkTemplate } from '../template/check-template.ts';
import type { Finding } from '../template/check-template.ts';
import { singleExpression } from '../template/list-template.ts';
import type { Reference } from '../template/references.ts';
import { rootFields, needFields } from '../template/scope-fields.ts';
import type { StepTemplate } from './step-templates.ts';

/** What the templates of a job may name. */
type Names = {
  readonly steps: ReadonlySet<string>;
  readonly vars: ReadonlySet<string>;
  readonly hasTask: boolean;
};

/** A step or variable that a template names, and where. */
export type Mention = { readonly name: string; readonly problems: Problems; readonly offset: number };
type Mentions = { readonly steps: Mention[]; readonly vars: Mention[] };

/** Notes what is wrong with a template, and returns the steps and variables it names. */
export function checkStepTemplate(template: StepTemplate, names: Names, problems: Problems): Mentions {
  const { excerpt, path, role } = template;
  const own = problems.in(excerpt.source);
  const note = ({ index, message, hint }: Finding) =>
    own.add(offsetInSource(excerpt, index), { code: 'template', message: `${path}: ${message}`, hint });
  if (!hasTags(excerpt.text)) return { steps: [], vars: [] };
  const { findings, readable, references } = checkTemplate(excerpt.text);
  const strays = references.flatMap((reference) => checkReference(reference, template, names) ?? []);
  const roles = readable ? checkRole(role, excerpt.text) : [];
  for (const finding of [...findings, ...strays, ...roles]) note(finding);
  const mentioned = (root: string): Mention[] =>
    references.flatMap(({ path: [first, name], index }) =>
      first === root && typeof name === 'string'
        ? [{ name, problems: own, offset: offsetInSource(excerpt, index) }]
        : [],
    );
  return { steps: mentioned('steps').filter(({ name }) => names.steps.has(name)), vars: mentioned('vars') };
}

function checkRole(role: StepTemplate['role'], text: string): Finding[] {
  if (role === 'command') return checkCommand(text);
  if (role === 'text' || singleExpression(text) !== undefined) return [];
  return [{ index: 0, message: 'expected one {{ … }} that gives a list, and nothing else' }];
}

function checkReference({ path, index }: Reference, { seesItem }: StepTemplate, names: Names): Finding | undefined {
  const message = strangeRoot(path, seesItem, names) ?? strangeField(path, names);
  return message === undefined ? undefined : { index, message };
}

const roots = ['task', 'vars', 'steps', 'item', 'run', 'job', 'now'];

function strangeRoot([root]: Reference['path'], seesItem: boolean, names: Names): string | undefined {
  const name = String(root);
  if (!roots.includes(name)) return `no variable ${JSON.stringify(name)}${suggest(name, roots)}`;
  if (name === 'item' && !seesItem) return 'item is known only in a step with each, and not in its list';
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
