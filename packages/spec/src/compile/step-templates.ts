import type { DraftStep } from '../fields/draft.ts';
import { kindNamed } from '../fields/kinds.ts';
import { stepFieldNames } from '../fields/step-fields.ts';
import type { Excerpt } from '../source/excerpt.ts';
import type { Source } from '../source/source.ts';
import { inside, pathOf } from '../source/written.ts';
import type { Entry, Written } from '../source/written.ts';

/** A variable at the root that is known only in some places. */
export type Local = 'item' | 'output' | 'files' | 'exit_code' | 'stderr' | 'round';

/** A text of a step that is rendered before the step starts, or a condition. */
export type StepTemplate = {
  readonly path: string;
  readonly excerpt: Excerpt;
  /** Variables known in it beside those of every template. */
  readonly sees: ReadonlySet<Local>;
  /** `command`: a shell line. `list`: one output that gives a list. */
  readonly role: 'text' | 'command' | 'list' | 'condition';
};

/** Every template that stands in the job file itself. */
export function stepTemplates(step: DraftStep): StepTemplate[] {
  return [...kindTemplates(step), ...[...step.written.values()].flatMap((entry) => commonTemplates(step, entry))];
}

/** What the templates of a step see, beside what all see. */
export const seenBy = (step: DraftStep): ReadonlySet<Local> => new Set(step.written.has('each') ? ['item'] : []);

const result: readonly Local[] = ['output', 'files', 'exit_code', 'stderr'];

function kindTemplates(step: DraftStep): StepTemplate[] {
  if (step.kind === undefined || step.template === false) return [];
  const table = kindNamed(step.kind);
  return [...step.written.values()].flatMap((entry) => {
    const isOwn = !stepFieldNames.has(entry.key) && entry.key !== 'provider';
    const templates = table === undefined ? (isOwn ? roleOf(entry) : undefined) : table.shape[entry.key]?.templates;
    if (templates === undefined) return [];
    const role = templates === 'command' ? 'command' : 'text';
    return textsIn(entry.value, { ...contextOf(step, entry, role), keys: templates === 'keys_too' });
  });
}

/** In every kind, `run` is a shell line. */
const roleOf = ({ key, value }: Entry) => (key === 'run' && value.type === 'scalar' ? 'command' : 'text');

/** Templates and conditions in the fields that every step has. */
function commonTemplates(step: DraftStep, entry: Entry): StepTemplate[] {
  const { key, value } = entry;
  const context = contextOf(step, entry, 'text');
  const inResult = { ...context.about, sees: new Set([...context.about.sees, ...result]) };
  const inRound = { ...inResult, sees: new Set([...inResult.sees, 'round' as const]) };
  if (key === 'when') return textsIn(value, { ...context, about: { ...context.about, role: 'condition' } });
  if (key === 'writes') return textsIn(value, context);
  if (key === 'each') return eachTemplates(value, context);
  if (key === 'assert') return assertTemplates(value, { ...context, about: inResult });
  if (key === 'repeat_until') return conditionIn(value, { ...context, about: inRound });
  return [];
}

function assertTemplates(assert: Written, context: Context): StepTemplate[] {
  if (assert.type === 'list') {
    return assert.items.flatMap((item, index) => assertTemplates(item, below(context, index)));
  }
  if (assert.type !== 'map') return [];
  const messages = assert.entries.filter(({ key }) => key === 'message');
  return [
    ...conditionIn(assert, context),
    ...messages.flatMap(({ key, value }) => textsIn(value, below(context, key))),
  ];
}

function conditionIn(map: Written, context: Context): StepTemplate[] {
  if (map.type !== 'map') return [];
  const condition = { ...context, about: { ...context.about, role: 'condition' as const } };
  return map.entries.flatMap(({ key, value }) => (key === 'that' ? textsIn(value, below(condition, key)) : []));
}

function eachTemplates(each: Written, context: Context): StepTemplate[] {
  const unaware = { ...context, about: { ...context.about, sees: new Set<Local>() } };
  if (each.type !== 'map') return listTemplates(each, unaware);
  return each.entries.flatMap(({ key, value }) => {
    if (key === 'list') return listTemplates(value, below(unaware, key));
    if (key === 'files') return textsIn(value, below(unaware, key));
    return key === 'key' ? textsIn(value, below(context, key)) : [];
  });
}

function listTemplates(list: Written, context: Context): StepTemplate[] {
  const role = list.type === 'scalar' ? 'list' : 'text';
  return textsIn(list, { ...context, about: { ...context.about, role } });
}

type Context = {
  readonly source: Source;
  readonly about: Omit<StepTemplate, 'excerpt'>;
  /** Whether keys of maps are templates too. */
  readonly keys: boolean;
};

function contextOf(step: DraftStep, entry: Entry, role: StepTemplate['role']): Context {
  const about = { path: pathOf(step.path, entry), sees: seenBy(step), role };
  return { source: entry.origin?.source ?? step.source, about, keys: false };
}

function textsIn(written: Written, context: Context): StepTemplate[] {
  const { source, about } = context;
  if (written.type === 'list') {
    return written.items.flatMap((item, index) => textsIn(item, below(context, index)));
  }
  if (written.type === 'map') return written.entries.flatMap((entry) => entryTexts(entry, context));
  if (written.type !== 'scalar' || typeof written.value !== 'string') return [];
  return [{ ...about, excerpt: { text: written.value, source, span: written.span } }];
}

function entryTexts({ key, keySpan, value }: Entry, context: Context): StepTemplate[] {
  const inner = below(context, key);
  const values = textsIn(value, inner);
  if (!context.keys) return values;
  return [{ ...inner.about, excerpt: { text: key, source: context.source, span: keySpan } }, ...values];
}

const below = (context: Context, key: string | number): Context => ({
  ...context,
  about: { ...context.about, path: inside(context.about.path, key) },
});
