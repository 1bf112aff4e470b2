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
    const value = typeof list === 'string' ? evaluated(list, scope) : renderedDeep(list, scope, 'each');
    if (Array.isArray(value)) return value as Json[];
    const got = value === null || value === undefined ? 'nothing' : `a value of type ${typeof value}`;
    throw new OrchError('template', `each: expected ${JSON.stringify(list)} to give a list, got ${got}`);
  });
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

function evaluated(template: string, scope: StepScope): unknown {
  try {
    const expression = singleExpression(template);
    if (expression !== undefined) return plainLanguage.evalValueSync(expression, { ...scope });
  } catch (error) {
    throw renderError(error, template, 'each');
  }
  throw new OrchError('template', `each: expected one {{ … }} and nothing else, got ${JSON.stringify(template)}`);
}

function attempt<T>(render: () => T): Result<T> {
  try {
    return ok(render());
  } catch (error) {
    return err(OrchError.from(error));
  }
}
