import type { Mutation } from '../mutation.ts';

const spec = 'packages/spec/src';
const command = [`${spec}/template/command.test.ts`];
const malformed = [`${spec}/malformed-specs.test.ts`];

/** What the job language refuses, and what it never lets near a shell. */
export const languageMutations: readonly Mutation[] = [
  {
    name: 'tag-in-quotes-accepted',
    breaks: 'a template tag inside double quotes of a command is accepted',
    file: `${spec}/template/shell-quotes.ts`,
    replace: 'found.push(frame === undefined ? announced : names[frame]);',
    by: `found.push(frame === undefined || frame === 'double' ? announced : names[frame]);`,
    tests: command,
  },
  {
    name: 'tag-in-heredoc-accepted',
    breaks: 'a template tag inside a heredoc is accepted',
    file: `${spec}/template/shell-quotes.ts`,
    replace: `noteAll(scan, bodyLine, 'a heredoc');`,
    by: 'noteAll(scan, bodyLine, undefined as never);',
    tests: command,
  },
  {
    name: 'tag-in-comment-accepted',
    breaks: 'a template tag inside a comment of a command is accepted',
    file: `${spec}/template/shell-quotes.ts`,
    replace: `if (char === '#' && !scan.inWord) return open(scan, char, 'comment');`,
    by: '',
    tests: command,
  },
  {
    name: 'value-not-quoted',
    breaks: 'a value of a template falls into words, and is looked up as a glob',
    file: `${spec}/template/command.ts`,
    replace: 'return `"$ORCH_V${values.length}"`;',
    by: 'return `$ORCH_V${values.length}`;',
    tests: command,
  },
  {
    name: 'condition-cut-short',
    breaks: 'what stands behind a whole value in a condition is left out without a word',
    file: `${spec}/template/condition.ts`,
    replace: 'const second = readable ? secondValue(text) : undefined;',
    by: 'const second = readable && secondValue === undefined ? 0 : undefined;',
    tests: [`${spec}/template/condition.test.ts`, ...malformed],
  },
  {
    name: 'pipeline-parameter-unchecked',
    breaks: 'a pipeline takes values for parameters it does not have',
    file: `${spec}/compile/load-pipeline.ts`,
    replace: 'if (Object.hasOwn(known, key)) {',
    by: 'if (Object.hasOwn(known, key) || key !== undefined) {',
    tests: [`${spec}/compile/load-pipeline.test.ts`, ...malformed],
  },
  {
    name: 'template-variables-overwritten',
    breaks: 'a step may set the variables that hand its command the values of templates',
    file: `${spec}/fields/environment.ts`,
    replace: 'return /^ORCH_V\\d+$/.test(name) ?',
    by: `return name === 'ORCH_V' ?`,
    tests: malformed,
  },
  {
    name: 'added-step-takes-any-secret',
    breaks: 'a step that joined a run gets secrets that its job never named',
    file: `${spec}/compile-steps.ts`,
    replace: 'if (plan.secrets?.includes(name) === true) continue;',
    by: 'if (plan.secrets?.includes(name) !== undefined || name !== undefined) continue;',
    tests: [`${spec}/compile-steps.test.ts`],
  },
  {
    name: 'env-allow-list-widened',
    breaks: 'commands see keys of the environment that orch was started in',
    file: 'packages/process/src/command-env.ts',
    replace: `(allowed.has(name) || name.startsWith('LC_'))`,
    by: `(allowed.has(name) || name.startsWith('LC_') || name.endsWith('_KEY'))`,
    tests: ['packages/process/src/command-env.test.ts'],
  },
  {
    name: 'foreign-output-overwritten',
    breaks: 'the copy of the outputs replaces files that orch did not write',
    file: 'packages/sdk/src/copy-outputs.ts',
    replace: 'if (changes.foreign.length > 0 && !force) throw refused(changes);',
    by: '',
    tests: ['packages/sdk/src/copy-outputs.test.ts'],
  },
  {
    name: 'outputs-of-a-failed-run-copied',
    breaks: 'the outputs of a run that failed are copied to output_dir',
    file: 'packages/sdk/src/copy-outputs.ts',
    replace: `const isWhole = ended.status === 'succeeded' &&`,
    by: 'const isWhole = ended.status !== undefined &&',
    tests: ['packages/sdk/src/copy-outputs.test.ts'],
  },
];
