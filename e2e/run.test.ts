import { existsSync, readdirSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openPlace } from './orch.ts';
import { show } from './shown.ts';

describe.concurrent('what is run, and how it ends', () => {
  test('without SPEC it is job.yaml, else orch.yaml; with --spec it is that file', async (context) => {
    const place = openPlace(context);
    const job = (step: string): string => `steps:\n  ${step}: { run: "true" }\n`;
    place.write({ 'orch.yaml': job('from_orch') });
    expect(await place.orch(['run'])).toMatchObject({ code: 0, stderr: '' });
    expect(place.events().map(({ step }) => step)).toContain('from_orch');

    place.write({ 'job.yaml': job('from_job'), 'other/third.json': { steps: { from_third: { run: 'true' } } } });
    expect(await place.orch(['run'])).toMatchObject({ code: 0, stderr: '' });
    expect(place.events().map(({ step }) => step)).toContain('from_job');

    expect(await place.orch(['run', '--spec', 'other/third.json'])).toMatchObject({ code: 0, stderr: '' });
    expect(place.events().map(({ step }) => step)).toContain('from_third');
    expect(place.runs()).toHaveLength(3);
  });

  test('a job that fails exits with 1 and says which step, why, and where to look', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': {
        steps: {
          good: { run: 'true' },
          bad: { run: "printf '\\033[2J\\033]0;title\\007the disc is full' >&2; exit 3", needs: ['good'] },
          after: { run: 'true', needs: ['bad'] },
        },
      },
    });
    const { code, stdout, stderr } = await place.orch(['run']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain('exited with 3');
    expect(stdout).toContain('the disc is full');
    expect(stdout).not.toMatch(/^ {4}at |\u001b|\u0007/m);
    const { status, steps, failures } = await show(place);
    expect(status).toBe('failed');
    expect(Object.entries(steps).map(([id, step]) => `${id} ${step.status}`)).toEqual([
      'good succeeded',
      'bad failed',
      'after skipped',
    ]);
    expect(failures).toMatchObject([{ step: 'bad', code: 'command_failed' }]);
    expect(stdout).toContain(place.path('runs'));
  });

  test('--only runs a step and what it needs, --limit cuts fan-outs, --var goes over the vars of the job', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': {
        vars: { who: 'nobody', greeting: 'hello' },
        steps: {
          words: { each: [1, 2, 3, 4, 5], run: 'echo {{ vars.greeting }} {{ vars.who }} {{ item }}' },
          list: { write: { 'list.txt': '{% for w in steps.words.output %}{{ w }}\n{% endfor %}' } },
          other: { run: 'touch other-ran' },
        },
      },
    });
    const flags = ['--only', 'list', '--limit', '2', '--var', 'who=a=b c', '--var', 'greeting=hi'];
    expect(await place.orch(['run', ...flags])).toMatchObject({ code: 0, stderr: '' });
    expect(place.output('list.txt')).toBe('hi a=b c 1\nhi a=b c 2\n');
    expect(existsSync(place.path('other-ran'))).toBe(false);
    const { steps } = await show(place);
    expect(steps).toMatchObject({ words: { items: { total: 2, succeeded: 2 } }, other: { status: 'pending' } });
  });

  test('a --var before SPEC does not swallow it; runs go where ORCH_RUNS_DIR says', async (context) => {
    const place = openPlace(context);
    place.write({ 'my.yaml': 'vars: { who: nobody }\nsteps:\n  a: { run: "echo {{ vars.who }} > who.txt" }\n' });
    const ended = await place.orch(['run', '--var', 'who=me', 'my.yaml'], { ORCH_RUNS_DIR: 'else/where' });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(place.read('who.txt')).toBe('me\n');
    expect(readdirSync(place.dir).sort()).toEqual(['else', 'my.yaml', 'who.txt']);
    expect(existsSync(place.path('else/where/latest/events.jsonl'))).toBe(true);
  });

  test('work that a module left behind does not keep the process', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': { steps: { a: { uses: './a.ts' } } },
      'a.ts': 'export default () => { setInterval(() => undefined, 1000); return 1; };',
    });
    expect(await place.orch(['run'])).toMatchObject({ code: 0, stderr: '' });
  });
});
