import { existsSync, renameSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { openPlace } from './orch.ts';
import type { Place } from './orch.ts';
import { eventsOf } from './steps.ts';

const job = `
import { defineJob } from '@orch/sdk';
import { words } from './lib/words.ts';

type Page = { readonly title: string };

export default defineJob({ project: 'p', provider: 'echo', vars: { who: 'you' } }, (j) => {
  const ask = j.llm('ask', { promptFile: 'prompts/ask.md' });
  const stop = j.shell('stop', { run: 'test -e go', needs: [ask], retry: 0 });
  const each = j.shell('each', { each: words satisfies readonly Page[], run: (item) => j.t\`echo \${item.title}\` });
  return j.files('keep', { write: { 'all.md': j.t\`\${ask.output} \${each.output} \${stop.status}\` } });
});
`;

function openJob(context: TestContext): Place {
  const place = openPlace(context);
  place.write({
    'jobs/job.ts': job,
    'jobs/lib/words.ts': "export const words = [{ title: 'one' }, { title: 'two' }] as const;",
    'jobs/prompts/ask.md': 'Hello {{ vars.who }}',
  });
  return place;
}

describe.concurrent('a job in TypeScript', () => {
  test('runs as one in YAML does: paths from its folder, variables, resuming the newest run of the file', async (context) => {
    const place = openJob(context);
    expect(await place.orch(['run', 'jobs/job.ts', '--var', 'who=me'])).toMatchObject({ code: 1 });
    place.write({ 'jobs/go': '' });
    const { code, stdout } = await place.orch(['run', 'jobs/job.ts', '--var', 'who=me', '--resume']);
    expect([code, place.runs().length]).toEqual([0, 1]);
    expect(stdout).toContain('all.md');
    expect(place.output('all.md')).toBe('echo: Hello me ["one","two"] succeeded');
    expect(eventsOf(place, 'llm.request')).toHaveLength(1);
  });

  test('is run by a step of another job, and goes along where that goes', async (context) => {
    const place = openJob(context);
    place.write({ 'outer.yaml': 'project: p\nsteps: { inner: { spec: jobs/job.ts } }\n' });
    const first = await place.orch(['run', 'outer.yaml']);
    expect([first.code, first.stdout]).toEqual([1, expect.stringMatching(/↳ +job_\w{12} +failed +step inner/)]);
    expect(await place.orch(['export', '-o', 'run.tgz'])).toMatchObject({ code: 0 });
    rmSync(place.path('jobs'), { recursive: true });
    rmSync(place.path('outer.yaml'));
    expect(await place.orch(['import', 'run.tgz', '--runs-dir', 'there'])).toMatchObject({ code: 0 });
    const resumed = await place.orch(['resume', '--runs-dir', 'there']);
    expect([resumed.code, resumed.stdout]).toEqual([1, expect.stringContaining('test -e go')]);
    expect(await place.orch(['verify', '--runs-dir', 'there'])).toMatchObject({ code: 0 });
  });

  test('is compiled anew by --resume, and its edited step runs', async (context) => {
    const place = openJob(context);
    place.write({ 'jobs/go': '' });
    expect(await place.orch(['run', 'jobs/job.ts'])).toMatchObject({ code: 0 });
    place.write({ 'jobs/lib/words.ts': "export const words = [{ title: 'one' }, { title: 'three' }] as const;" });
    expect(await place.orch(['resume', 'latest', '--spec', 'jobs/job.ts'])).toMatchObject({ code: 0 });
    expect(place.output('all.md')).toBe('echo: Hello you ["one","three"] succeeded');
    expect(eventsOf(place, 'step.started').filter(({ item }) => item !== undefined)).toHaveLength(3);
  });

  test.for([{ type: 'commonjs' }, { private: true }])(
    'is a module in a package that says %o',
    async (manifest, context) => {
      const place = openJob(context);
      place.write({ 'package.json': manifest, 'jobs/go': '' });
      expect(await place.orch(['run', 'jobs/job.ts'])).toMatchObject({ code: 0, stderr: '' });
    },
  );

  test('goes on from an exported run where the code that defined it is not', async (context) => {
    const [home, away] = [openJob(context), openPlace(context)];
    expect(await home.orch(['run', 'jobs/job.ts'])).toMatchObject({ code: 1 });
    expect(await home.orch(['export', 'latest', '-o', 'run.tar.gz'])).toMatchObject({ code: 0 });
    renameSync(home.path('run.tar.gz'), away.path('run.tar.gz'));
    rmSync(home.dir, { recursive: true });
    expect(await away.orch(['import', 'run.tar.gz'])).toMatchObject({ code: 0 });
    const [id = ''] = away.runs();
    expect(await away.orch(['resume', id])).toMatchObject({ code: 1 });
    expect(eventsOf(away, 'llm.request')).toHaveLength(1);
    const copies = ['job.ts', 'lib/words.ts', 'prompts/ask.md'];
    expect(copies.filter((path) => !existsSync(away.path('runs', id, 'inputs', 'files', path)))).toEqual([]);
    expect(await away.orch(['verify', id])).toMatchObject({ code: 0 });
  });

  test('goes on from an imported run of the same project, as in another CI job', async (context) => {
    const [home, away] = [openJob(context), openJob(context)];
    expect(await home.orch(['run', 'jobs/job.ts'])).toMatchObject({ code: 1 });
    expect(await home.orch(['export', 'latest', '-o', away.path('run.tar.gz')])).toMatchObject({ code: 0 });
    expect(await away.orch(['import', 'run.tar.gz'])).toMatchObject({ code: 0 });
    away.write({ 'jobs/go': '' });
    expect(await away.orch(['run', 'jobs/job.ts', '--resume'])).toMatchObject({ code: 0 });
    expect([away.runs(), eventsOf(away, 'llm.request').length]).toEqual([home.runs(), 1]);
  });

  test.for<[string, string, string, string]>([
    [
      'that exports no job',
      'job.ts',
      'export default { steps: {} };',
      'Expected job.ts to export a job as default, got a value of type object.',
    ],
    [
      'that exports nothing',
      'job.js',
      'export const job = 1;',
      'Expected job.js to export a job as default, got nothing.',
    ],
    [
      'that throws',
      'job.mts',
      '\nthrow new Error("no luck");',
      'job.mts:2:7: expected the module to define a job, it threw Error: no luck',
    ],
    [
      'that is no TypeScript',
      'job.ts',
      'const a = 1;\nconst = 2;',
      'job.ts:2: expected the module to define a job, it threw SyntaxError:',
    ],
    ['that imports what is not there', 'job.mjs', "import './gone.mjs';", 'it threw Error: Cannot find module'],
    [
      'with two steps of one name',
      'job.ts',
      "import { defineJob } from '@orch/sdk';\nexport default defineJob({}, (j) => [\n  j.shell('a', { run: 'x' }),\n  j.llm('a', { prompt: 'x' }),\n]);",
      'job.ts:4:5: steps.a: a second step with this id: the first is of kind shell, the second of kind llm.',
    ],
    [
      'with faults that only compiling finds',
      'job.mjs',
      "import { defineJob } from '@orch/sdk';\nexport default defineJob({}, (j) => j.shell('a', { run: 'x', timeoutS: -1, needs: ['b'] }));",
      'job.mjs: steps.a.timeout_s: expected a positive number, got -1 (number)\njob.mjs: steps.a.needs[0]: no step "b"',
    ],
  ])('%s is refused, and says where', async ([, file, code, message], context) => {
    const place = openPlace(context);
    place.write({ [file]: code });
    const ended = await place.orch(['run', file]);
    expect([ended.code, ended.stdout, place.runs()]).toEqual([2, '', []]);
    expect(ended.stderr).toContain(message);
  });
});
