import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { startModel } from './model-server.ts';
import { openPlace } from './orch.ts';

describe.concurrent('tools for authors', () => {
  test('a plan tells which questions have a stored answer, with nobody there to be asked', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, (asked) => `answer to ${asked}`);
    const job = (prompt: string): object => ({
      project: 'p',
      provider: 'ollama:m',
      steps: {
        one: { prompt, options: { temperature: 0.1 }, retry: 0 },
        each: { each: ['a', 'b'], prompt: 'Item {{ item }}', system: 'Be brief.', retry: 0 },
        then: { prompt: 'Again: {{ steps.one.output }}', retry: 0 },
      },
    });
    place.write({ 'job.yaml': job('Hello') });
    const before = await place.orch(['plan', '--json'], dead);
    expect(JSON.parse(before.stdout)).toMatchObject({ calls: { least: 3, most: 4 }, cost: 0, provider: 'ollama:m' });
    expect((await place.orch(['run'], model.env)).code).toBe(0);
    const entries = (await place.orch(['cache', 'ls'])).stdout;
    const after = await place.orch(['plan'], dead);
    expect([after.code, after.stdout]).toEqual([0, expect.stringMatching(/one .*1 of 1 cached\n/)]);
    expect(after.stdout).toMatch(/each .* 2 items, 2 of 2 cached\n/);
    expect(after.stdout).toMatch(/then .* up to 1 call, cached: unknown until one ran\n/);
    place.write({ 'job.yaml': job('Hello again') });
    const edited = await place.orch(['run', '--plan'], dead);
    expect(edited.stdout).toMatch(/one .* 1 call, about 3 tokens in, not cached\n/);
    expect(model.questions).toHaveLength(4);
    expect((await place.orch(['cache', 'ls'])).stdout).toBe(entries);
    expect(place.runs()).toHaveLength(1);
  });

  test.for(['chain', 'files', 'build', 'approval'])(
    'init %s --ts gives a job that runs offline',
    async (name, context) => {
      const place = openPlace(context);
      expect((await place.orch(['init', '--ts', '--template', name])).code).toBe(0);
      expect(await place.orch(['validate', 'job.ts', '--strict'])).toMatchObject({ code: 0, stderr: '' });
      expect((await place.orch(['run', 'job.ts', '--provider', 'echo'])).code).toBe(name === 'approval' ? 3 : 0);
    },
  );

  test('a problem of a job in TypeScript is told by its path in the job', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.ts':
        "import { defineJob } from '@orch/sdk';\nexport default defineJob({}, (j) => j.shell('a', { run: '{{ vars.x }}' }));\n",
    });
    const { code, stderr } = await place.orch(['validate', 'job.ts']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/^job\.ts: steps\.a\.run: /)]);
  });

  test('a question of a sub-job is in the plan, and is answered through the step that runs it', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': { project: 'p', steps: { child: { spec: 'child.yaml' }, keep: { run: 'true', needs: ['child'] } } },
      'child.yaml': { project: 'c', steps: { agree: { question: 'Really?', options: ['so', 'not'] } } },
    });
    const plan = await place.orch(['plan']);
    expect(plan.stdout).toContain('stops at child for an answer: Really?; behind it: keep');
    const run = await place.orch(['run']);
    expect([run.code, run.stdout]).toEqual([3, expect.stringMatching(/orch approve job_\w+ child --answer so {2}or/)]);
    expect((await place.orch(['approve', 'latest', 'child', '--answer', 'so'])).code).toBe(0);
    expect((await place.orch(['resume'])).code).toBe(0);
  });

  test('steps that joined a run stand in its graph', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': { project: 'p', steps: { grow: { uses: './grow.mjs' } } },
      'grow.mjs': 'export default (c) => { c.addSteps({ more: { run: "echo hi" } }); return 1; };',
    });
    const run = await place.orch(['run']);
    expect(run.code, run.stdout + run.stderr).toBe(0);
    rmSync(place.path('job.yaml'));
    const { stdout } = await place.orch(['graph', 'latest']);
    expect(stdout).toBe('[grow]  module  succeeded\n└─▶ [more]  shell  succeeded\n');
  });
});

/** Nobody listens there. */
const dead = { OLLAMA_BASE_URL: 'http://127.0.0.1:9' };
