import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { cli, place } from './testing/command-line.ts';

const asking = `
project: p
vars: { go: false, who: Ann }
steps:
  ask: { question: "Publish for {{ vars.who }}?\\n\\nReally?\\n", options: [all, part] }
  publish: { run: 'echo {{ steps.ask.output.answer }}' }
  rate: { run: 'exit 7', on_failure: continue }
  never: { when: vars.go, run: 'echo x' }
  after: { needs: [never], run: 'echo x' }
`;

test('a run that waits tells its question, how to answer, and why steps were skipped, also when it is shown again', async () => {
  const orch = placed(asking);
  expect((await orch('plan')).join('\n')).toContain('stops at ask for an answer: Publish for Ann?;');
  const ran = await orch('run');
  expect(ran.join('\n')).toContain('? ask  Publish for Ann?\n    Really?\n');
  const shown = await orch('show');
  for (const lines of [ran, shown]) {
    const rows = lines.map((line) => line.replaceAll(/ +/g, ' ').replaceAll(/job_\w+/g, 'JOB'));
    expect(rows).toEqual(
      expect.arrayContaining([
        ' skipped never condition',
        ' skipped after dependency_skipped',
        'rate (command_failed, the job went on): Expected `exit 7` to exit with 0, it exited with 7.',
        'asked Publish for Ann?',
        'answer orch approve JOB ask --answer all or --answer part, or --reject',
      ]),
    );
  }
  expect((await orch('list'))[0]).toMatch(/ waits at ask$/);
  const why = async (step: string) => (await orch('why', 'latest', step)).map((line) => line.slice(10));
  expect(await why('ask')).toEqual(['waiting for an answer to: Publish for Ann?\n    Really?']);
  expect(await why('never')).toEqual(['skipped: condition, for this does not hold: vars.go']);
  expect(await why('after')).toEqual(['skipped: dependency_skipped, for never: skipped']);
});

test('of a fan-out that the job goes on without when items fail, more items than it may have is a failure all the same', async () => {
  const orch = placed(`
vars: { l: [1, 2, 3] }
steps:
  x: { each: { list: '{{ vars.l }}', max_items: 2 }, run: 'echo {{ item }}', on_failure: continue }
`);
  const lines = (await orch('run')).join('\n');
  expect(lines).toContain('x (spec): Expected at most 2 items, got 3.');
  expect(lines).not.toContain('x (spec, the job went on)');
});

test('a resume says of a failure that the run goes on without that it stays, and of a step that waits no attempts', async () => {
  const orch = placed(asking);
  await orch('run');
  const planned = await orch('resume', '--plan');
  expect(planned).toEqual(
    expect.arrayContaining([
      'stays failed  rate',
      'stays failed, and --retry-failed tries it again: 1 step',
      'reused: 0 steps',
    ]),
  );
  const lines = await orch('resume');
  expect(lines).toContain('  ✗ rate  still failed, as before; --retry-failed tries again');
  expect(lines.find((line) => line.startsWith('  waiting'))).toMatch(/ask +\d+ ms$/);
  expect((await orch('approve', 'latest', 'ask', '--answer', 'all'))[0]).toBe('ask: granted with "all".');
});

test('a step that waits for its next try is canceled because another one failed', async () => {
  const orch = placed(`
steps:
  again: { run: 'touch tried; exit 1', retry: { tries: 1, base_s: 60, max_s: 60 } }
  bad: { run: 'until [ -e tried ]; do sleep 0.05; done; sleep 0.3; exit 2' }
`);
  const lines = await orch('run');
  expect(lines).toContain('  - again  canceled: another step failed');
  expect(lines.find((line) => line.startsWith('  canceled'))).toMatch(/again .*another step failed$/);
});

test('where only the job can be at fault, the way on is to mend it', async () => {
  const orch = placed("steps: { a: { run: echo hi }, b: { each: '{{ steps.a.output }}', run: echo } }");
  const lines = await orch('run');
  expect(lines).toContain('  `output: json` or `output: lines` on step a gives a list');
  expect(lines.at(-1)).toBe('mend the job, then  orch run job.yaml --resume');
});

test('a run that only begins others does not claim that nobody was asked', async () => {
  const orch = placed('{ provider: echo, steps: { kid: { spec: kid.yaml } } }', {
    'kid.yaml': 'steps: { a: { prompt: x } }',
  });
  expect((await orch('run')).join('\n')).not.toContain('0 calls');
  expect((await orch('run', 'kid.yaml', '--provider', 'echo')).join('\n')).toContain('1 call,');
});

test('a plan that knows no tokens does not say that they are about none', async () => {
  const orch = placed("{ provider: echo, steps: { a: { run: ls }, b: { prompt: '{{ steps.a.output }}' } } }");
  expect(await orch('plan')).toContain('tokens  unknown for b');
});

/** What a command prints for people, in a folder with a job. */
function placed(job: string, more: Readonly<Record<string, string>> = {}) {
  const cwd = place(tempDir(), { 'job.yaml': job, ...more });
  return async (...argv: readonly string[]): Promise<string[]> => (await cli(argv, cwd)).out;
}
