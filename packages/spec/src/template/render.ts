import { err, ok, OrchError } from '@orch/contracts';
import type { Json, JsonObject, PlanStep, Result, StepScope } from '@orch/contracts';
import { hasTags } from '../fields/words.ts';
import { kindNamed } from '../fields/kinds.ts';
import { renderCommand } from './command.ts';
import { renderError } from './fault.ts';
import { plainLanguage } from './language.ts';
import { singleExpression } from './list-template.ts';
import { createParser } from './parse.ts';

const parse = createParser(plainLanguage);

/** Renders one template. The error is `template`, or that of a value that could not be read. */
export function renderText(template: string, scope: StepScope): Result<string> {
  return attempt(() => rendered(template, scope, ''));
}

/** The items of `each: {list}`: a list whose texts are templates, or one template that gives a list. */
export function renderList(list: Json, scope: StepScope): Result<readonly Json[]> {
  return attempt(() => {
    const value = typeof list === 'string' ? itemsOf(list, scope) : renderedDeep(list, scope, 'each');
    if (Array.isArray(value)) return value as Json[];
    const got = value === null || value === undefined ? 'nothing' : `a value of type ${typeof value}`;
    const hint = typeof list === 'string' && typeof value === 'string' ? listHint(list) : undefined;
    throw new OrchError('template', `each: expected ${JSON.stringify(list)} to give a list, got ${got}`, { hint });
  });
}

/** A step whose result is text can give it as a list. */
function listHint(list: string): string | undefined {
  const [, step] = /\bsteps\.([a-z][a-z0-9_-]*)\.output\b/.exec(list) ?? [];
  return step && `\`output: json\` or \`output: lines\` on step ${step} gives a list`;
}

/** The fields of a step with every template rendered; `run` gets its values through `env`. */
export function renderStep(
  step: Pick<PlanStep, 'id' | 'kind' | 'fields' | 'template'>,
  scope: StepScope,
): Result<JsonObject> {
  if (step.template === false) return ok(step.fields);
  return attempt(() => {
    const table = kindNamed(step.kind);
    const fields = Object.entries(step.fields).map(([name, value]) => {
      const isTemplate = table === undefined || table.shape[name]?.templates !== undefined;
      if (!isTemplate || name === 'run') return [name, value] as const;
      if (step.kind === 'job' && name === 'vars')
        return [name, renderedValues(value, scope, `steps.${step.id}.vars`)] as const;
      const hasPaths = table?.shape[name]?.templates === 'keys_too' && !Array.isArray(value);
      const render = hasPaths ? renderedFiles : renderedDeep;
      return [name, render(value, scope, `steps.${step.id}.${name}`)] as const;
    });
    const { run, ...rest } = Object.fromEntries(fields);
    if (typeof run !== 'string') return rest;
    const command = renderCommand(run, scope, `steps.${step.id}.run`);
    return { run: command.line, ...rest, env: { ...(rest.env as JsonObject | undefined), ...command.env } };
  });
}

function rendered(template: string, scope: StepScope, path: string): string {
  if (!hasTags(template)) return template;
  try {
    return plainLanguage.renderSync(parse(template), { ...scope }) as string;
  } catch (error) {
    throw renderError(error, template, path);
  }
}

function renderedDeep(value: Json, scope: StepScope, path: string): Json {
  if (typeof value === 'string') return rendered(value, scope, path);
  if (Array.isArray(value)) return value.map((item: Json) => renderedDeep(item, scope, path));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renderedDeep(inner, scope, path)]));
}

/** A text that is one `{{ … }}` gives the value itself; nothing is an empty text. */
function renderedValues(value: Json, scope: StepScope, path: string): Json {
  if (typeof value === 'string') {
    const expression = hasTags(value) ? singleExpression(value) : undefined;
    if (expression === undefined) return rendered(value, scope, path);
    return plain(evaluated(value, expression, { scope, path }));
  }
  if (Array.isArray(value)) return value.map((item: Json) => renderedValues(item, scope, path));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renderedValues(inner, scope, path)]));
}

function plain(value: unknown): Json {
  return value === null || value === undefined ? '' : (JSON.parse(JSON.stringify(value)) as Json);
}

/** Paths are templates too, and must stay different. */
function renderedFiles(files: Json, scope: StepScope, path: string): Json {
  const paths = Object.keys(files as JsonObject).map((name) => rendered(name, scope, path));
  if (new Set(paths).size < paths.length) {
    throw new OrchError('template', `${path}: expected different paths, got one of them twice: ${paths.join(', ')}`);
  }
  return Object.fromEntries(
    Object.values(files as JsonObject).map((text, at) => [paths[at]!, renderedDeep(text, scope, path)]),
  );
}

function itemsOf(template: string, scope: StepScope): unknown {
  const expression = singleExpression(template);
  if (expression !== undefined) return evaluated(template, expression, { scope, path: 'each' });
  throw new OrchError('template', `each: expected one {{ … }} and nothing else, got ${JSON.stringify(template)}`);
}

type Evaluation = { readonly scope: StepScope; readonly path: string };

function evaluated(template: string, expression: string, { scope, path }: Evaluation): unknown {
  try {
    return plainLanguage.evalValueSync(expression, { ...scope });
  } catch (error) {
    throw renderError(error, template, path);
  }
}

function attempt<T>(render: () => T): Result<T> {
  try {
    return ok(render());
  } catch (error) {
    return err(OrchError.from(error));
  }
}
