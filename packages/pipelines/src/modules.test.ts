import sarifSchema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' };
import { Ajv } from 'ajv';
import { expect, test } from 'vitest';
import writePages from '../pipelines/docs/write-pages.mjs';
import checkPatch from '../pipelines/refactor/check-patch.mjs';
import { fromRoot } from '../pipelines/refactor/from-root.mjs';
import decide from '../pipelines/review/decide.mjs';
import { requireSeverity } from '../pipelines/review/severity.mjs';
import { toSarif } from '../pipelines/review/to-sarif.mjs';
import projectType from '../pipelines/software/project-type.mjs';
import { pipelineTraits } from './pipelines.ts';

test.each([
  ['Create a notes app with 2 endpoints (POST /notes, GET /notes) using SQLite', 'http_api', 'python'],
  ['A REST service in Go that shortens links', 'http_api', 'go'],
  ['A command-line tool in Rust that counts words', 'cli', 'rust'],
  ['A single-page todo website', 'web_app', 'javascript'],
  ['A TypeScript library for roman numbers', 'library', 'typescript'],
  ['Read sales.csv and report the total of each month', 'data_script', 'python'],
  ['A tool that renames photos', 'cli', 'python'],
  ['Something to go home with', 'library', 'typescript'],
])('%s: %s in %s', (task, type, language) => {
  expect(projectType({ task, vars: { type: 'auto', language: 'auto' } })).toEqual({ type, language });
});

test('what is given wins over the words of the task, and a type that is none is refused', () => {
  const task = 'An HTTP API in Python';
  expect(projectType({ task, vars: { type: 'cli', language: 'Go' } })).toEqual({ type: 'cli', language: 'go' });
  expect(() => projectType({ task, vars: { type: 'game' } })).toThrow('got game');
});

const finding = {
  ...{ severity: 'high' as const, file: 'src/a b.ts', line: 3, title: 'Loses the error' },
  ...{ detail: 'The catch is empty.', suggestion: 'Rethrow.' },
};

test('findings are valid SARIF 2.1.0, also none', () => {
  const { $schema: _, id: __, ...schema } = sarifSchema as Record<string, unknown>; // draft 4, whose keywords here mean the same
  const ajv = new Ajv({ strict: false, validateFormats: false, unicodeRegExp: false });
  const validate = ajv.compile(schema);
  const low = { ...finding, severity: 'low' as const, suggestion: '' };
  expect(validate({ version: '2.1.0', runs: [{}] })).toBe(false);
  for (const findings of [[], [finding, low, finding]]) {
    validate(toSarif(findings));
    expect(validate.errors).toBeNull();
  }
  const { runs } = toSarif([finding, low]);
  expect(runs[0]?.tool.driver.rules.map(({ id }) => id)).toEqual(['review/high', 'review/low']);
  expect(runs[0]?.results).toMatchObject([
    {
      ...{ ruleId: 'review/high', ruleIndex: 0, level: 'error' },
      message: { text: 'Loses the error\n\nThe catch is empty.\n\nSuggestion: Rethrow.' },
      locations: [{ physicalLocation: { artifactLocation: { uri: 'src/a%20b.ts' }, region: { startLine: 3 } } }],
    },
    { ruleId: 'review/low', ruleIndex: 1, level: 'note', message: { text: 'Loses the error\n\nThe catch is empty.' } },
  ]);
});

test('the modules know the values that a parameter may have', () => {
  const { review, software } = pipelineTraits;
  for (const failOn of review.choices?.['fail_on'] ?? []) expect(() => requireSeverity(failOn)).not.toThrow();
  for (const type of software.choices?.['type'] ?? []) expect(() => projectType({ vars: { type } })).not.toThrow();
});

test.each([
  ['none', 0],
  ['low', 2],
  ['high', 1],
  ['critical', 0],
])('with fail_on %s, %i of a high and a low finding fail the job', (failOn, failing) => {
  const findings = [finding, { ...finding, severity: 'low' as const }];
  const steps = { report: { output: { findings } } };
  expect(decide({ vars: { fail_on: failOn }, steps }).failing).toBe(failing);
});

test('pages are unwrapped, linked with their title and first paragraph, and stand below docs', async () => {
  const written = new Map<string, string>();
  const write = async (path: string, text: string) => void written.set(path, text);
  const items = [
    { item: { path: '../src/a.ts' }, output: '# Adds numbers\n\nIt adds\ntwo numbers.\n\nMore.' },
    { item: { path: 'b.ts' }, output: '```markdown\n# B\n\n- a list\n\n```js\nb();\n```\n```' },
  ];
  const steps = { pages: { items }, overview: { output: 'Two files.' } };
  await writePages({ vars: { title: 'Code', files: '*' }, steps, write });
  expect(Object.fromEntries(written)).toEqual({
    'docs/src/a.ts.md': '# Adds numbers\n\nIt adds\ntwo numbers.\n\nMore.\n',
    'docs/b.ts.md': '# B\n\n- a list\n\n```js\nb();\n```\n',
    'docs/index.md':
      '# Code\n\nTwo files.\n\n- [Adds numbers](<src/a.ts.md>) (`src/a.ts`) It adds two numbers.\n- [B](<b.ts.md>) (`b.ts`)\n',
  });
});

test.each([
  [{ path: 'src/a.js', change: 'modified' }, []],
  [{ path: 'src/new.js', change: 'added' }, []],
  [{ path: 'lib/new.js', change: 'added' }, ['lib/new.js']],
  [{ path: 'src/b.js', change: 'modified' }, ['src/b.js']],
  [{ path: 'src/b.js', change: 'deleted' }, ['src/b.js']],
  [{ path: 'src/b.js', change: 'renamed', from: 'src/a.js' }, []],
  [{ path: 'src/c.js', change: 'copied', from: 'secret.js' }, ['secret.js']],
])('a patch for src/a.js that has %j leaves it at %j', async (change, outside) => {
  const steps = { given: { output: ['./src/a.js'] }, propose: { output: { diff: '', files: [change] } } };
  const around = { job: { dir: '/' }, run: { dir: '/none' }, signal: new AbortController().signal };
  const checked = await checkPatch({ steps, ...around });
  expect(checked.outside).toEqual(outside);
});

test('in a patch from the root of a repository files are named from there, and their lines are as they were', () => {
  const files = [
    { path: 'a.js' },
    { path: 'new name.js', from: 'old.js' },
    { path: 'new.js' },
    { path: 'say "hi".js' },
    { path: 'run.sh' },
  ];
  const patchIn = (at: string) =>
    [
      `diff --git a/${at}a.js b/${at}a.js`,
      ...[`--- a/${at}a.js\t`, `+++ b/${at}a.js\t`, '@@ -1,1 +1,1 @@', '--- a/a.js', '+++ b/a.js'],
      `diff --git a/${at}old.js b/${at}new name.js`,
      ...[`rename from ${at}old.js`, `rename to ${at}new name.js`],
      `diff --git a/${at}new.js b/${at}new.js`,
      ...['new file mode 100644', '--- /dev/null', `+++ b/${at}new.js\t`, '@@ -0,0 +1,1 @@', '+diff --git a/x b/x'],
      `diff --git "a/${at}say \\"hi\\".js" "b/${at}say \\"hi\\".js"`,
      ...['deleted file mode 100644', `--- "a/${at}say \\"hi\\".js"\t`, '+++ /dev/null', '@@ -1,1 +0,0 @@', '--- a/x'],
      `diff --git a/${at}run.sh b/${at}run.sh`,
      ...['old mode 100644', 'new mode 100755', ''],
    ].join('\n');
  expect(fromRoot(patchIn('my pkg/'), files, '')).toBe(patchIn('my pkg/'));
  expect(fromRoot(patchIn(''), files, 'my pkg/')).toBe(patchIn('my pkg/'));
});
