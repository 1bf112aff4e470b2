import type { Mutation } from '../mutation.ts';

const src = 'packages/answers/src';
const kinds = 'packages/engine/src/kinds';
const files = [`${src}/parse-files.test.ts`, `${src}/parse-files.fuzz.test.ts`];
const llm = [`${kinds}/llm.test.ts`];

/** What models write, and what is made of it. */
export const answerMutations: readonly Mutation[] = [
  {
    name: 'answer-leaves-the-project',
    breaks: 'a model writes files above the folder of outputs',
    file: `${src}/why-outside.ts`,
    replace: `if (names.includes('..')) return 'it has a ".." part';`,
    by: '',
    tests: files,
  },
  {
    name: 'answer-writes-the-repository',
    breaks: 'a model writes hooks of Git',
    file: `${src}/why-outside.ts`,
    replace: `return names.some(isRepository) ? 'it belongs to the repository itself' : undefined;`,
    by: 'return names.every(isRepository) ? undefined : undefined;',
    tests: files,
  },
  {
    name: 'unclosed-fence-accepted',
    breaks: 'a file whose end was cut off is taken as whole',
    file: `${src}/parse-files.ts`,
    replace: 'return closed ? undefined :',
    by: 'return closed || path !== undefined ? undefined :',
    tests: files,
  },
  {
    name: 'second-version-accepted',
    breaks: 'of two files of one name with different content, one is dropped without a word',
    file: `${src}/parse-files.ts`,
    replace: '|| known.content === file.content) return undefined;',
    by: '|| known.content !== undefined) return undefined;',
    tests: files,
  },
  {
    name: 'nested-fence-ends-block',
    breaks: 'a shorter fence inside a block ends it',
    file: `${src}/fence.ts`,
    replace: 'fence.length >= opener.length &&',
    by: 'fence.length >= 3 &&',
    tests: files,
  },
  {
    name: 'schema-not-checked',
    breaks: 'an answer that does not fit its schema is taken',
    file: `${kinds}/llm-answer.ts`,
    replace: 'const value = parseJson(text, fields.schema);',
    by: 'const value = parseJson(text);',
    tests: llm,
  },
  {
    name: 'mended-answer-rejected',
    breaks: 'an answer that was mended is bought again by the next run',
    file: `${kinds}/llm-repair.ts`,
    replace: '    if (found.ok || !found.error.retryable) return found;\n',
    by: `    if (found.ok) for (const one of unfit) await host.reject(one.answer, 'llm', one.fault.message);\n    if (found.ok || !found.error.retryable) return found;\n`,
    tests: llm,
  },
  {
    name: 'repairs-off-by-one',
    breaks: 'a model is asked to mend its answer once less than the step says',
    file: `${kinds}/llm-repair.ts`,
    replace: 'if (unfit.length > repair.rounds) return',
    by: 'if (unfit.length >= repair.rounds) return',
    tests: llm,
  },
  {
    name: 'attachment-size-unchecked',
    breaks: 'a file of any size is sent to a model',
    file: `${kinds}/llm-attachments.ts`,
    replace: 'if (file.size > mostOfFile) return',
    by: 'if (file.size > Infinity) return',
    tests: llm,
  },
  {
    name: 'attachments-sum-unchecked',
    breaks: 'any number of files is sent to a model',
    file: `${kinds}/llm-attachments.ts`,
    replace: 'if (total > mostOfAll) {',
    by: 'if (total > Infinity) {',
    tests: llm,
  },
  {
    name: 'attachment-outside-accepted',
    breaks: 'a file outside the folder of the job is sent to a model',
    file: `${kinds}/llm-attachments.ts`,
    replace: `if (inJob !== undefined && !inJob.split('/').includes('..')) return`,
    by: 'if (inJob !== undefined) return',
    tests: llm,
  },
];
