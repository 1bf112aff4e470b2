import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, StepHost, StepKind } from '@orch/contracts';
import { digestModule } from '@orch/spec';
import { stepKindSuite, tempDir } from '@orch/testkit';
import type { KindExamples } from '@orch/testkit';
import { describe } from 'vitest';
import { loadKinds } from '../index.ts';
import { jobOf, step } from '../testing/plan.ts';
import { allKinds } from './index.ts';

const junit = '<testsuites><testcase name="adds"/></testsuites>';
const diff = '--- a/x.txt\n+++ b/x.txt\n@@ -1 +1 @@\n-a\n+b\n';
const code = 'export default () => 1;';
const digest = await digestModule('m.mjs', { jobDir: '/', readFile: async () => code });
const code_sha256 = digest.ok ? digest.value : '';
const { plan, spec } = jobOf([step('a')]);
const job = { plan, spec, inputs: [], jobDir: '/' } as unknown as JsonObject;

/** The module that the examples name. */
function withModule({ job: dir }: StepHost['dirs']): Partial<StepHost> {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'm.mjs'), code);
  return {};
}

const examples: Readonly<Record<string, KindExamples>> = {
  llm: {
    good: [
      { prompt: 'p', output: 'text' },
      { prompt: 'p', system: 's', options: { seed: 1, temperature: 0, top_k: 40 }, output: 'json' },
    ],
    bad: [{ input: { prompt: 'p', output: 'text', options: { heat: 1 } }, field: 'options' }],
    different: [
      [
        { prompt: 'p', output: 'text' },
        { prompt: 'q', output: 'text' },
      ],
    ],
  },
  shell: {
    good: [
      { run: 'echo hi' },
      { command: 'node', args: ['-e', 'setTimeout(() => {}, 300)'] },
      { command: 'no-such-program' },
    ],
    bad: [
      { input: { run: 1 }, field: 'run' },
      { input: { run: 'x', env: { A: 1 } }, field: 'env.A' },
    ],
    different: [[{ run: 'echo a' }, { run: 'echo a', env: { B: 'b' } }]],
  },
  files: {
    good: [{ write: { 'a.md': 'A', 'b/c.md': 'C' } }],
    bad: [
      { input: { write: { 'a.md': 1 } }, field: 'write.a.md' },
      { input: { publish: [{ to: 'a.md' }] }, field: 'publish.0.from' },
    ],
    different: [
      [{ write: { 'a.md': 'A' } }, { write: { 'b.md': 'A' } }],
      [{ publish: [{ from: 'a.md' }] }, { publish: [{ from: 'a.md', to: 'b/' }] }],
    ],
  },
  patch: {
    good: [{ from: diff }, { from: 'no diff at all' }],
    bad: [{ input: { from: 1 }, field: 'from' }],
    different: [[{ from: diff }, { from: 'a' }]],
  },
  gate: {
    good: [
      { run: `echo '${junit}'` },
      { run: 'exit 1', type: 'lint', required: false },
      { command: 'no-such-program', type: 'custom', criteria: { min_tests: 2, max_failures: 1 } },
    ],
    bad: [
      { input: { run: 'x', type: 'vibes' }, field: 'type' },
      { input: { run: 'x', criteria: { min_tests: -1 } }, field: 'criteria.min_tests' },
    ],
    different: [
      [{ run: 'x' }, { run: 'x', required: false }],
      [{ run: 'x' }, { run: 'x', type: 'lint' }],
    ],
  },
  module: {
    good: [
      { uses: 'm.mjs', code_sha256 },
      { uses: 'gone.mjs', code_sha256: 'a' },
    ],
    bad: [{ input: { uses: 'm.mjs', code_sha256: 1 }, field: 'code_sha256' }],
    different: [
      [
        { uses: 'm.mjs', code_sha256: 'a' },
        { uses: 'm.mjs', code_sha256: 'b' },
      ],
    ],
    host: withModule,
  },
  approve: {
    good: [{ question: 'Deploy?' }, { question: 'Where?', options: ['eu', 'us'], expires_s: 60 }],
    bad: [
      { input: { question: '' }, field: 'question' },
      { input: { question: 'q', options: [] }, field: 'options' },
    ],
    different: [[{ question: 'q' }, { question: 'q', options: ['a'] }]],
  },
  job: {
    good: [
      { spec: 'sub.yaml', job },
      { spec: 'sub.yaml', job, vars: { a: 1 } },
    ],
    bad: [{ input: { spec: 'sub.yaml', job: 'sub' }, field: 'job' }],
    different: [
      [
        { spec: 's', job },
        { spec: 's', job, vars: { a: 1 } },
      ],
    ],
  },
};

describe.each([...allKinds().values()].map((kind) => [kind.kind, kind] as const))('the kind %s', (name, kind) => {
  stepKindSuite(() => kind, examples[name] ?? { good: [], bad: [] });
});

/** As somebody else would write one: a file without a library. */
const wordCount = `
const fields = ['text'];
export default {
  kind: 'word_count',
  version: 1,
  input: {
    safeParse(value) {
      const issues = typeof value !== 'object' || value === null || Array.isArray(value)
        ? [{ path: [], message: 'expected fields' }]
        : [
            ...Object.keys(value).filter((key) => !fields.includes(key)).map((key) => ({ path: [key], message: 'unknown' })),
            ...(typeof value.text === 'string' ? [] : [{ path: ['text'], message: 'expected a text' }]),
          ];
      return issues.length === 0 ? { success: true, data: value } : { success: false, error: { issues } };
    },
  },
  fingerprint: ({ text }) => ({ text }),
  async run({ text }, host) {
    const words = text.split(' ').length;
    const written = await host.write('words.txt', String(words));
    return written.ok ? { status: 'succeeded', output: words } : { status: 'failed', error: written.error };
  },
};
`;

describe('a kind of somebody else', () => {
  const load = async (): Promise<StepKind> => {
    const dir = tempDir();
    writeFileSync(join(dir, 'word-count.mjs'), wordCount);
    const [kind] = await loadKinds('./word-count.mjs', dir);
    return kind!;
  };
  stepKindSuite(load, {
    good: [{ text: 'three small words' }],
    bad: [{ input: { text: 1 }, field: 'text' }],
    different: [[{ text: 'a' }, { text: 'b' }]],
  });
});
