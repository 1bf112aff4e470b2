import { kinds } from '../fields/kinds.ts';
import type { DraftStep } from '../fields/draft.ts';
import type { Excerpt } from '../source/excerpt.ts';
import type { Source } from '../source/source.ts';
import { inside } from '../source/written.ts';
import type { Entry, Written } from '../source/written.ts';

/** A text of a step that is rendered before the step starts. */
export type StepTemplate = {
  readonly path: string;
  readonly excerpt: Excerpt;
  /** Whether `item` is known in it. */
  readonly seesItem: boolean;
  /** `command`: a shell line. `list`: one output that gives a list. */
  readonly role: 'text' | 'command' | 'list';
};

/** Every template that stands in the job file itself. */
export function stepTemplates(step: DraftStep, source: Source): StepTemplate[] {
  const names = step.kind === undefined ? [] : kinds[step.kind].templates;
  const own = names.flatMap((name) => {
    const entry = step.written.get(name);
    if (entry === undefined) return [];
    const role = name === 'run' ? 'command' : 'text';
    const about = { path: inside(step.path, name), seesItem: step.written.has('each'), role } as const;
    return textsIn(entry.value, { source, about, keys: name === 'write' });
  });
  const each = step.written.get('each')?.value;
  return each === undefined ? own : [...own, ...eachTemplates(each, inside(step.path, 'each'), source)];
}

function eachTemplates(each: Written, path: string, source: Source): StepTemplate[] {
  if (each.type !== 'map') return listTemplates(each, path, source);
  return each.entries.flatMap(({ key, value }) => {
    const at = inside(path, key);
    if (key === 'list') return listTemplates(value, at, source);
    if (key !== 'files' && key !== 'key') return [];
    const about = { path: at, seesItem: key === 'key', role: 'text' } as const;
    return textsIn(value, { source, about, keys: false });
  });
}

function listTemplates(list: Written, path: string, source: Source): StepTemplate[] {
  const role = list.type === 'scalar' ? 'list' : 'text';
  return textsIn(list, { source, about: { path, seesItem: false, role }, keys: false });
}

type Context = {
  readonly source: Source;
  readonly about: Omit<StepTemplate, 'excerpt'>;
  /** Whether keys of maps are templates too. */
  readonly keys: boolean;
};

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
