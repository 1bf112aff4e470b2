import { basename, posix } from 'node:path';
import type { Json, JsonObject } from '@orch/contracts';
import type { Draft } from '../fields/draft.ts';
import { readJob } from '../fields/read-job.ts';
import type { Problems } from '../source/problems.ts';
import { readYaml } from '../source/read-yaml.ts';
import { Source } from '../source/source.ts';
import { suggest } from '../source/suggest.ts';
import { entryOf, inside, toJson } from '../source/written.ts';
import type { Entry } from '../source/written.ts';
import { fitTyped } from './fit-var.ts';
import { beside } from './fill-files.ts';
import type { Inputs } from './inputs.ts';
import { normalPath } from './inputs.ts';
import { kindsBelow } from './own-kinds.ts';
import { serversBelow } from './step-tools.ts';

/** A built-in pipeline: its job file, what errors call it, and the absolute folder its files stand in. */
export type PipelineFile = { readonly file: string; readonly text: string; readonly jobDir: string };

export type PipelinePort = {
  /** Finds a built-in pipeline by its name. */
  readonly pipeline?: (use: string) => Promise<PipelineFile | undefined>;
  /** The names there are, for messages. */
  readonly pipelines?: readonly string[];
};

type Around = { readonly context: PipelinePort; readonly inputs: Inputs; readonly problems: Problems };

/** A job with the steps of its pipeline, and the folder of that, relative to the folder of the job. */
export type WholeDraft = { readonly draft: Draft; readonly folders: ReadonlyMap<Source, string> };

/** Where the paths of the files of built-in pipelines begin: they are not beside the job, and travel with the run. */
export const mountedFolder = '.pipeline/';

const mounted = (name: string): string => `${mountedFolder}${name}`;

/** Puts the steps of the pipeline into a job that has one. */
export async function loadPipeline(draft: Draft, around: Around): Promise<WholeDraft> {
  if (draft.pipeline === undefined) return { draft, folders: new Map() };
  const found = await findPipeline(draft, draft.pipeline.use, around);
  if (found === undefined) return { draft, folders: new Map() };
  const problems = around.problems.in(found.source);
  const inner = readJob(readYaml(found.source, problems), problems, draft.defaults);
  if (inner.pipeline !== undefined) {
    problems.add(0, { code: 'missing', message: 'steps: expected steps, since this file is a pipeline' });
  }
  const own = around.problems.in(draft.source);
  const vars = { ...inner.vars, ...withParameters(draft, inner.vars, own) };
  refuseVars(draft, own);
  return { draft: joined(draft, { ...inner, vars }, found.folder), folders: new Map([[found.source, found.folder]]) };
}

type Found = { readonly source: Source; readonly folder: string };

async function findPipeline(
  draft: Draft,
  use: string,
  { context, inputs, problems }: Around,
): Promise<Found | undefined> {
  const note = (message: string, hint?: string): undefined =>
    problems.in(draft.source).add(offsetOf(draft), { code: 'not_found', message: `pipeline: ${message}`, hint });
  if (use.includes('/') || /\.(ya?ml|json)$/.test(use)) {
    const input = await inputs.take(use);
    if (!input.ok) return note(input.error);
    return { source: beside(draft, use, input.value.content), folder: posix.dirname(normalPath(use)) };
  }
  const built = await context.pipeline?.(use);
  if (built === undefined) {
    const { pipelines = [] } = context;
    const there = pipelines.length === 0 ? '' : `; there are ${pipelines.join(', ')}`;
    const hint = draft.written.has('pipeline') ? 'a file has a / in its path, or ends in .yaml' : 'write steps';
    return note(`no pipeline ${JSON.stringify(use)}${suggest(use, pipelines)}${there}`, hint);
  }
  inputs.mount(mounted(use), built.jobDir);
  inputs.keep(posix.join(mounted(use), basename(built.file)), built.text);
  return { source: new Source(built.file, built.text), folder: mounted(use) };
}

function offsetOf({ written }: Draft): number {
  const value = written.get('pipeline')?.value;
  return (entryOf(value, 'use')?.value ?? value)?.span[0] ?? 0;
}

/** The values a job gives its pipeline, which must have parameters of these names. */
function withParameters({ pipeline, written }: Draft, known: JsonObject, problems: Problems): JsonObject {
  const given = entryOf(written.get('pipeline')?.value, 'with')?.value;
  for (const { key, keySpan, value } of given?.type === 'map' ? given.entries : []) {
    if (Object.hasOwn(known, key)) {
      noteMisfit({ key, value }, known[key], problems);
      continue;
    }
    const names = Object.keys(known);
    const there = names.length === 0 ? 'it has none' : `it has ${names.join(', ')}`;
    const message = `${inside('pipeline.with', key)}: no parameter of this pipeline${suggest(key, names)}; ${there}`;
    problems.add(keySpan[0], { code: 'unknown_key', message });
  }
  return pipeline?.with ?? {};
}

/** In a job file, a value has the type that its parameter has. */
function noteMisfit(
  { key, value }: Pick<Entry, 'key' | 'value'>,
  byDefault: Json | undefined,
  problems: Problems,
): void {
  const fitted = fitTyped(toJson(value), byDefault);
  if (fitted.ok || value.type === 'unreadable') return;
  const message = `${inside('pipeline.with', key)}: ${fitted.error}`;
  problems.add(value.span[0], { code: 'wrong_type', message });
}

function refuseVars({ written }: Draft, problems: Problems): void {
  const vars = written.get('vars');
  if (vars === undefined) return;
  const message = 'vars: a pipeline takes its values from pipeline: {use, with: {…}}, or --var';
  problems.add(vars.keySpan[0], { code: 'conflict', message });
}

/** What the job says itself wins; steps, and the values for them, are those of the pipeline. */
function joined(outer: Draft, inner: Draft, folder: string): Draft {
  return {
    ...inner,
    ...outer,
    ...{ vars: inner.vars, steps: inner.steps },
    providers: { ...inner.providers, ...outer.providers },
    mcp: { ...serversBelow(folder, inner.mcp), ...outer.mcp },
    secrets: [...new Set([...inner.secrets, ...outer.secrets])],
    kinds: [...kindsBelow(folder, inner.kinds), ...outer.kinds],
    written: new Map([...foreign(inner), ...outer.written]),
  };
}

const foreign = ({ written, source }: Draft): [string, Entry][] =>
  [...written].map(([key, entry]) => [key, { ...entry, origin: { path: key, source } }]);
