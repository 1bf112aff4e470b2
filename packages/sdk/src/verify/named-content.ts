import type { CacheEntry, Digest, EventType, FileRef, OrchEvent, OutputRef, Where } from '@orch/contracts';

/** Content that a run names by digest. */
export type Named =
  | {
      readonly type: 'blob';
      readonly digest: Digest;
      readonly what: string;
      /** What it names itself, for a list that was too long for its line. */
      readonly names?: (content: string) => Named[];
    }
  | { readonly type: 'inline'; readonly ref: OutputRef; readonly what: string }
  | { readonly type: 'reply'; readonly key: Digest; readonly what: string };

type Namers = { readonly [T in EventType]?: (event: OrchEvent<T>) => Named[] };

/** What one event names, replies not counted: whether a question was answered is told by several events together. */
export function namedBy(event: OrchEvent): Named[] {
  const name = namers[event.type] as ((event: OrchEvent) => Named[]) | undefined;
  return name?.(event) ?? [];
}

const namers: Namers = {
  'job.started': ({ data: { task, spec_sha256: spec, plan_hash: plan, inputs } }) => [
    blob(spec, 'the job file'),
    blob(plan, 'the plan'),
    ...(task === null || typeof task === 'string' ? [] : [output(task, 'the task')]),
    ...('sha256' in inputs ? [list(inputs, 'the list of inputs', inputFiles)] : inputFiles(inputs)),
  ],
  'plan.extended': (event) => [output(event.data.steps, `the steps that ${unitName(event)} added`)],
  'step.expanded': (event) => [blob(event.data.sha256, `the items of ${unitName(event)}`)],
  'step.succeeded': (event) => {
    const { output: made, extra, files } = event.data;
    return [
      output(made, `the output of ${unitName(event)}`),
      ...(extra === undefined ? [] : [output(extra, `the result of ${unitName(event)}`)]),
      ...('sha256' in files ? [list(files, `the list of files of ${unitName(event)}`, contents)] : contents(files)),
    ];
  },
  'step.failed': (event) => {
    const { extra } = event.data;
    return extra === undefined ? [] : [output(extra, `the result of ${unitName(event)}`)];
  },
  'file.written': ({ data }) => contents([data]),
  'artifact.created': ({ data }) => [blob(data.digest, data.name)],
};

/** What a stored reply names: the messages that were sent, and the schema. */
export function namedByReply({ preimage: { inputs, step } }: CacheEntry): Named[] {
  const { messages, schema } = inputs as Partial<Record<'messages' | 'schema', unknown>>;
  if (!Array.isArray(messages)) return [];
  const digests = messages.map(({ sha256 }: { sha256: Digest }) => sha256);
  return [
    ...digests.map((digest) => blob(digest, `a message of step ${step}`)),
    ...(typeof schema === 'string' ? [blob(schema, `the schema of step ${step}`)] : []),
  ];
}

export function unitName({ step = '', item }: Where): string {
  return item === undefined ? `step ${step}` : `item ${item} of step ${step}`;
}

function blob(digest: Digest, what: string): Named {
  return { type: 'blob', digest, what };
}

function output(ref: OutputRef, what: string): Named {
  return ref.inline === undefined ? blob(ref.sha256, what) : { type: 'inline', ref, what };
}

function list<T>(ref: OutputRef, what: string, names: (list: readonly T[]) => Named[]): Named {
  return { type: 'blob', digest: ref.sha256, what, names: (content) => names(JSON.parse(content) as readonly T[]) };
}

function inputFiles(inputs: readonly { readonly path: string; readonly sha256: Digest }[]): Named[] {
  return inputs.map(({ path, sha256 }) => blob(sha256, `the input ${path}`));
}

function contents(files: readonly FileRef[]): Named[] {
  return files.map(({ path, sha256 }) => blob(sha256, `what was written to ${path}`));
}
