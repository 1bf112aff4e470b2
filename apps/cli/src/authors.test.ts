import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { cli, place } from './testing/command-line.ts';

test('validate tells all that is wrong in each file, with its place, and what is right', async () => {
  const cwd = place(tempDir(), {
    'good.yaml': 'steps: { a: { run: ls } }',
    'bad.yaml': 'steps:\n  a: { run: ls, needs: [b] }\n  c: { promt: x }\n',
  });
  const { code, out, err } = await cli(['validate', 'good.yaml', 'bad.yaml', 'none.yaml'], cwd);
  expect([code, out]).toEqual([2, ['ok  good.yaml  1 step']]);
  expect(err.filter((line) => /^bad\.yaml:\d+:\d+: /.test(line))).toHaveLength(2);
  expect(err.at(-2)).toBe('error: Expected a job file at none.yaml: there is none.');
  const json = await cli(['validate', 'good.yaml', 'bad.yaml', '--json'], cwd);
  expect([json.code, JSON.parse(json.out.join('\n'))]).toEqual([
    2,
    [
      { file: 'good.yaml', ok: true, steps: 1, warnings: [] },
      expect.objectContaining({ file: 'bad.yaml', ok: false, code: 'spec', problems: expect.arrayContaining([]) }),
    ],
  ]);
});

type Warned = { readonly warnings: readonly string[] };

test('with --strict a glob that finds nothing is an error, for validate, plan and run; else a warning', async () => {
  const cwd = place(tempDir(), {
    'job.yaml': 'provider: echo\nsteps: { a: { each: { files: "*.md" }, prompt: "{{ item.text }}" } }',
  });
  const warning = `warning: steps.a.each.files: no file fits *.md in ${cwd}`;
  expect(await cli(['validate'], cwd)).toMatchObject({ code: 0, err: [warning] });
  expect((await cli(['run'], cwd)).out).toContain(warning);
  for (const command of ['validate', 'plan', 'run']) {
    const told = JSON.parse((await cli([command, '--json'], cwd)).out.join('\n')) as Warned | Warned[];
    expect([told].flat()[0]?.warnings).toContain(warning);
  }
  for (const command of ['validate', 'plan', 'run']) {
    const { code, err } = await cli([command, '--strict'], cwd);
    expect([code, err.join('\n')]).toEqual([2, expect.stringContaining('Expected no warning')]);
  }
});

const job = `
project: p
provider: echo
vars: { deep: false }
steps:
  pages: { each: { files: "docs/*.md" }, prompt: "Sum up {{ item.text }}", retry: 0 }
  extra: { when: vars.deep, prompt: More, retry: 0 }
  each: { each: { from: pages }, prompt: "{{ item }}", retry: 2, schema: { title: string } }
  agree: { question: "Publish?", needs: [each] }
  keep: { write: { a.md: "{{ steps.agree.output.answer }}" }, needs: [{ step: extra, accept: [skipped, succeeded] }] }
output_dir: site
`;

test('plan tells levels, items, conditions, calls, where it stops, and what would be replaced; nothing runs', async () => {
  const files = { 'job.yaml': job, 'docs/a.md': 'A', 'docs/b.md': 'B', 'site/a.md': 'mine' };
  const cwd = place(tempDir(), files);
  const { code, out } = await cli(['plan', '--json'], cwd);
  const plan = JSON.parse(out.join('\n')) as { steps: { id: string }[] };
  expect(code).toBe(0);
  expect(plan).toMatchObject({
    levels: [['extra', 'pages'], ['each'], ['agree'], ['keep']],
    calls: { least: 2, most: 2 + 2 * 3 * 2 },
    cost: 0,
    waits: [{ step: 'agree', question: 'Publish?', blocks: ['keep'] }],
    outputs: { created: [], replaced: [], foreign: ['a.md'] },
  });
  const [extra, pages, each] = plan.steps;
  expect(pages).toMatchObject({ items: 2, calls: { least: 2, most: 2 }, neededBy: ['each'] });
  expect(extra).toMatchObject({ skipped: true, calls: { least: 0, most: 0 } });
  expect(each).toMatchObject({ items: 2, cache: { is: 'unknown', until: 'pages ran' }, tokens: null });
  const told = (await cli(['run', '--plan', '--limit', '1', '--var', 'deep=true'], cwd)).out.join('\n');
  expect(told).toMatch(/level 1 {2}pages .* 1 item, 1 call, about \d+ tokens in/);
  expect(told).toMatch(/level 1 {2}extra .* when vars\.deep, 1 call/);
  expect(told).toContain('stops at agree for an answer: Publish?; behind it: keep');
  expect(existsSync(join(cwd, 'runs'))).toBe(false);
});

test('plan does not claim that steps of other kinds, which may ask a model, call nobody', async () => {
  const kind = `export default {
    kind: 'ask', version: 1, asks: true, input: { safeParse: (data) => ({ success: true, data }) },
    fingerprint: (input) => input, run: async () => ({ status: 'succeeded', output: null }) };`;
  const steps = { a: { kind: 'ask' }, b: { prompt: 'hi', retry: 0 } };
  const cwd = place(tempDir(), {
    'ask.mjs': kind,
    'job.yaml': JSON.stringify({ provider: 'echo', kinds: ['./ask.mjs'], steps }),
  });
  const plan = JSON.parse((await cli(['plan', '--json'], cwd)).out.join('\n')) as { steps: object[] };
  expect(plan).toMatchObject({ calls: { least: 1, most: null }, tokens: { unknownOf: ['a'] } });
  expect(plan.steps[0]).toMatchObject({ id: 'a', calls: { least: 0, most: null }, tokens: null });
  const told = (await cli(['plan'], cwd)).out.join('\n');
  expect(told).toMatch(/level 1 {2}a +ask .*any number of calls/);
  expect(told).toContain('calls   1 or more calls: what a asks is not known');
});

test('outputs are copied where the job says, replacing only what orch wrote, unless it is forced', async () => {
  const written =
    'project: p\noutput_dir: site\nsteps: { keep: { write: { a/b.md: "{{ vars.v }}" } } }\nvars: { v: 1 }';
  const cwd = place(tempDir(), { 'job.yaml': written });
  const site = (): string => readFileSync(join(cwd, 'site/a/b.md'), 'utf8');
  const first = await cli(['run'], cwd);
  expect([first.code, site()]).toEqual([0, '1']);
  expect(first.out).toContain('  created  a/b.md');
  expect((await cli(['run', '--var', 'v=2'], cwd)).out).toContain('  replaced  a/b.md');
  writeFileSync(join(cwd, 'site/a/b.md'), 'mine');
  const refused = await cli(['run', '--var', 'v=3'], cwd);
  expect([refused.code, site()]).toEqual([1, 'mine']);
  expect(refused.err[0]).toContain('orch did not write: a/b.md');
  expect((await cli(['run', '--var', 'v=3', '--limit', '1', '--force'], cwd)).code).toBe(0);
  expect(site()).toBe('mine');
  expect((await cli(['resume', '--force'], cwd)).code).toBe(0);
  expect(site()).toBe('3');
});

test.each(['chain', 'files', 'build', 'approval'])(
  'init %s gives a job that is right and runs offline',
  async (template) => {
    const cwd = place(tempDir(), {});
    const { code, out } = await cli(['init', 'new', '--template', template], cwd);
    expect([code, out]).toEqual([0, expect.arrayContaining(['orch validate new/job.yaml'])]);
    const text = readFileSync(join(cwd, 'new/job.yaml'), 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.orch\/job\.schema\.json\n/);
    expect(existsSync(join(cwd, 'new/.orch/job.schema.json'))).toBe(true);
    expect(readFileSync(join(cwd, 'new/.gitignore'), 'utf8')).toBe('runs/\n');
    expect((await cli(['validate', 'new/job.yaml', '--strict'], cwd)).code).toBe(0);
    const run = await cli(['run', 'new/job.yaml', '--provider', 'echo'], cwd);
    expect(run.code).toBe(template === 'approval' ? 3 : 0);
    expect(await cli(['init', 'new', '--template', 'build'], cwd)).toMatchObject({
      code: 2,
      err: [expect.stringContaining('Nothing was written.'), expect.any(String)],
    });
    expect(readFileSync(join(cwd, 'new/job.yaml'), 'utf8')).toBe(text);
  },
);

test('init asks a person what kind of job, who answers and the name of the file', async () => {
  const cwd = place(tempDir(), { '.gitignore': 'node_modules/' });
  const { code } = await cli(['init'], cwd, ['2', 'ollama:m', 'pages.yaml']);
  expect(code).toBe(0);
  expect(readFileSync(join(cwd, 'pages.yaml'), 'utf8')).toContain('provider: "ollama:m"\n');
  expect(readFileSync(join(cwd, '.gitignore'), 'utf8')).toBe('node_modules/\nruns/\n');
  expect((await cli(['init'], cwd, [])).code).toBe(130);
});

test('init asks again after an answer that does not fit, and says what does', async () => {
  const cwd = place(tempDir(), {});
  const asked = await cli(['init'], cwd, ['9', 'chian', '1', 'gemini:x', 'echo', 'a.txt', 'a.yaml']);
  expect([asked.code, asked.prompts]).toEqual([0, 7]);
  expect(asked.err.filter((line) => line.startsWith('error'))).toEqual([
    'error: Expected --template to be one of chain, files, build, approval, got 9.',
    'error: Expected --template to be one of chain, files, build, approval, got chian.',
    expect.stringMatching(/Expected --provider to be one of the providers .*ollama.*, got `gemini`/),
    'error: Expected a file name such as job.yaml, got a.txt.',
  ]);
  expect(existsSync(join(cwd, 'a.yaml'))).toBe(true);
});

test('init refuses an unknown provider, and a folder that is a file', async () => {
  const cwd = place(tempDir(), { plainf: 'x' });
  const unknown = await cli(['init', '--provider', 'gemini:x'], cwd);
  expect([unknown.code, unknown.err[0]]).toEqual([2, expect.stringContaining('one of the providers')]);
  const below = await cli(['init', '--file', 'plainf/job.yaml'], cwd);
  expect(below.err).toEqual([expect.stringMatching(/plainf\/job\.yaml/), expect.anything()].slice(0, below.err.length));
  expect(below.err.join()).not.toContain('defect of orch');
  expect(existsSync(join(cwd, '.gitignore'))).toBe(false);
});

test('in a terminal a question is asked there and then, and the run goes on with the answer', async () => {
  const steps = {
    agree: { question: 'Ship it?', options: ['ship', 'hold'] },
    more: { question: 'Anything else?' },
    keep: { write: { 'a.md': '{{ steps.agree.output.answer }} {{ steps.more.output.answer }}' } },
  };
  const cwd = place(tempDir(), { 'job.yaml': JSON.stringify({ project: 'p', steps }) });
  const answered = await cli(['run'], cwd, ['9', '2', 'nothing']);
  expect([answered.code, answered.prompts]).toEqual([0, 3]);
  expect(readFileSync(join(cwd, 'runs/latest/outputs/p/a.md'), 'utf8')).toBe('hold nothing');
  const left = await cli(['run'], cwd, ['ship', '']);
  expect([left.code, left.prompts]).toEqual([3, 2]);
  expect(left.out.slice(-3)).toEqual([
    'asked   Anything else?',
    expect.stringMatching(/^answer {2}orch approve job_\w+ more {2}or --answer TEXT, or --reject$/),
    expect.stringMatching(/^resume {2}orch resume job_\w+$/),
  ]);
  expect((await cli(['resume'], cwd, ['/reject'])).code).toBe(1);
  expect(await cli(['run', '--json'], cwd, ['ship', 'x'])).toMatchObject({ code: 3, prompts: 0 });
});

test('without a terminal the exit code is 3, and approve takes an answer that fits the options', async () => {
  const steps = { agree: { question: 'Ship it?', options: ['ship', 'hold it'] } };
  const cwd = place(tempDir(), { 'job.yaml': JSON.stringify({ project: 'p', steps }) });
  const { code, out } = await cli(['run'], cwd);
  expect([code, out.at(-2)]).toEqual([
    3,
    expect.stringMatching(/^answer {2}orch approve job_\w+ agree --answer ship {2}or --answer 'hold it', or --reject$/),
  ]);
  const wrong = await cli(['approve', 'latest', 'agree', '--answer', 'no'], cwd);
  expect([wrong.code, wrong.err[0]]).toEqual([2, expect.stringContaining('Expected an answer of ship, hold it')]);
  expect((await cli(['approve', 'latest', 'agree', '--answer', 'hold it'], cwd)).code).toBe(0);
  expect((await cli(['resume'], cwd)).code).toBe(0);
});

test.each([
  ['yes', 'granted without an answer.', 0],
  ['No', 'rejected.', 1],
  ['later', 'granted with "later".', 0],
])('approve takes --answer %s where there are no options for what it says', async (answer, said, code) => {
  const cwd = place(tempDir(), 'steps: { ask: { each: [x], question: "{{ item }}?" } }');
  const [item = ''] = /(?<=orch approve \w+ ask )\w+/.exec((await cli(['run'], cwd)).out.join('\n')) ?? [];
  const { out } = await cli(['approve', 'latest', 'ask', item, '--answer', answer], cwd);
  expect(out[0]).toBe(`ask ${item}: ${said}`);
  expect((await cli(['resume'], cwd)).code).toBe(code);
});

test('graph draws a job file, or a run with its states; schema prints and writes', async () => {
  const cwd = place(tempDir(), { 'job.yaml': 'project: p\nsteps: { a: { run: ls }, b: { run: ls, needs: [a] } }' });
  expect((await cli(['graph'], cwd)).out).toEqual(['[a]  shell', '└─▶ [b]  shell']);
  await cli(['run'], cwd);
  expect((await cli(['graph', 'latest'], cwd)).out[0]).toBe('[a]  shell  succeeded');
  expect((await cli(['graph', 'job.yaml', '--format', 'svg'], cwd)).out[0]).toMatch(/^<svg /);
  expect(await cli(['graph', '--format', 'gif'], cwd)).toMatchObject({ code: 2 });
  expect(JSON.parse((await cli(['schema'], cwd)).out.join('\n'))).toHaveProperty('properties.steps');
  expect((await cli(['schema', 'event', '-o', 'e.json'], cwd)).code).toBe(0);
  expect(JSON.parse(readFileSync(join(cwd, 'e.json'), 'utf8'))).toHaveProperty('anyOf');
  expect(await cli(['schema', 'thing'], cwd)).toMatchObject({ code: 2 });
});
