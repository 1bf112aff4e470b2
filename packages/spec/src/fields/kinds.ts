import type { JsonObject } from '@orch/contracts';
import { inside } from '../source/written.ts';
import { modelOptions } from './model-options.ts';
import { expected, listOf, mapOf, nonEmptyText, oneOf, text } from './read.ts';
import type { Read } from './read.ts';
import type { Shape } from './read-fields.ts';
import { schemaOrFile } from './schema.ts';
import { environment, jobPath, leaves } from './words.ts';

export const kindNames = ['llm', 'shell', 'files', 'gate', 'module'] as const;
export type KindName = (typeof kindNames)[number];

export const kindsNotBuilt = ['patch', 'approve', 'job'] as const;

/** What is particular to a kind of step. */
type Kind = {
  readonly shape: Shape;
  /** One of these says what the step does. */
  readonly needsOne: readonly string[];
  /** Fields that hold templates. */
  readonly templates: readonly string[];
  readonly tries: number;
};

const command = {
  run: nonEmptyText,
  command: nonEmptyText,
  args: listOf(text, 'strings'),
  env: environment,
  cwd: nonEmptyText,
};
const commandTemplates = ['run', 'command', 'args', 'env', 'cwd'];

const fileTemplates: Read<JsonObject> = (written, path, problems) => {
  if (written.type !== 'map') return expected('a map of paths and templates', written, { path, problems });
  if (written.entries.length === 0) {
    return problems.add(written.span[0], { code: 'missing', message: `${path}: expected at least one file` });
  }
  for (const { key, keySpan } of written.entries) {
    const why = key.trim() === '' ? 'expected a path, got an empty one' : leaves(key);
    if (why !== undefined) problems.add(keySpan[0], { code: 'bad_value', message: `${inside(path, key)}: ${why}` });
  }
  return mapOf(text, 'paths and templates')(written, path, problems);
};

export const kinds: { readonly [K in KindName]: Kind } = {
  llm: {
    shape: {
      prompt: nonEmptyText,
      prompt_file: jobPath,
      system: text,
      model: nonEmptyText,
      options: modelOptions,
      schema: schemaOrFile,
      output: oneOf(['text', 'json', 'files'], ['patch']),
    },
    needsOne: ['prompt', 'prompt_file'],
    templates: ['prompt', 'system', 'model'],
    tries: 1,
  },
  shell: {
    shape: { ...command, stdin: text, output: oneOf(['text', 'json', 'lines']) },
    needsOne: ['run', 'command'],
    templates: [...commandTemplates, 'stdin'],
    tries: 0,
  },
  files: { shape: { write: fileTemplates }, needsOne: ['write'], templates: ['write'], tries: 0 },
  gate: { shape: command, needsOne: ['run', 'command'], templates: commandTemplates, tries: 0 },
  module: { shape: { uses: jobPath }, needsOne: ['uses'], templates: [], tries: 0 },
};

/** A key that says which kind a step is, when `kind` is not written. Gates are always named. */
export const kindOfKey: { readonly [key: string]: KindName | (typeof kindsNotBuilt)[number] } = {
  prompt: 'llm',
  prompt_file: 'llm',
  messages: 'llm',
  run: 'shell',
  command: 'shell',
  write: 'files',
  publish: 'files',
  uses: 'module',
  question: 'approve',
  spec: 'job',
};

export const isBuilt = (kind: string): kind is KindName => (kindNames as readonly string[]).includes(kind);

/** Fields of steps in the job language that this version does not carry out. */
export const stepFieldsNotBuilt: ReadonlySet<string> = new Set([
  ...['when', 'assert', 'on_failure', 'min_success', 'repeat_until', 'template', 'code_version', 'budget'],
  ...['priority', 'conflict_group', 'parallel_ok', 'workstream', 'phase', 'risk', 'complexity', 'task_kind'],
  ...['messages', 'provider', 'attachments', 'tools', 'allow_truncated', 'repair', 'candidates'],
  ...['publish', 'from', 'policy', 'verify', 'on_fail', 'worktree'],
  ...['type', 'criteria', 'required', 'question', 'expires_s', 'spec', 'vars'],
]);
