import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { startModel } from './model-server.ts';
import type { ModelServer, ScriptedAnswer } from './model-server.ts';
import { endGroups, launcher, logged, openPlace, start } from './orch.ts';
import type { LoggedEvent, Place } from './orch.ts';
import { openPipe } from './pipe.ts';
import { show } from './shown.ts';

/** In a namespace of users one may forbid oneself to watch files. */
const namespace = ['unshare', '--user', '--map-root-user'] as const;
const forbidWatching = 'echo 0 > /proc/sys/user/max_inotify_instances';
const canForbidWatching = spawnSync(namespace[0], [...namespace.slice(1), 'sh', '-c', forbidWatching]).status === 0;

type Planned = { readonly units: readonly { readonly step: string; readonly item?: string; readonly will: string }[] };

describe.concurrent('orch run --resume', () => {
  test('goes on with the newest unfinished run of the job, compiled anew: --plan tells what, and nothing else runs', async (context) => {
    const { place, model } = await openJob(context);
    expect((await place.orch(['run'], model.env)).code).toBe(1);
    place.write({ 'ask.md': 'Ask another.', go: '' });
    const spoken = await place.orch(['run', '--resume', '--plan'], model.env);
    expect(spoken.stdout).toMatch(/reused: 1 step, which saves 1 call/);
    const { stdout } = await place.orch(['run', '--resume', '--plan', '--json'], model.env);
    const { units } = JSON.parse(stdout) as Planned;
    expect(Object.fromEntries(units.map(({ step, will }) => [step, will]))).toEqual({
      first: 'reuse',
      second: 'run',
      wall: 'run',
      each: 'run',
      last: 'run',
    });
    const only = await place.orch(['resume', '--plan', '--json', '--only', 'wall'], model.env);
    expect((JSON.parse(only.stdout) as Planned).units).toMatchObject([{ step: 'first' }, { step: 'wall' }]);
    expect(place.events().filter(({ type }) => type === 'job.started')).toHaveLength(1);
    const resumed = await place.orch(['run', '--resume'], model.env);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(place.runs()).toHaveLength(1);
    expect(model.questions).toEqual(['Say hello.', 'Ask.', 'Ask another.']);
    expect(startedIn(place, 2)).toEqual(['each', 'each/a', 'each/b', 'last', 'second', 'wall']);
    expect(place.output('last.md')).toBe('answer to Say hello. / answer to Ask another. / item a, item b');
  });

  test('starts a new run, and says so, where there is none to go on with; --from takes a finished one', async (context) => {
    const { place, model } = await openJob(context);
    place.write({ go: '' });
    const first = await place.orch(['run', '--resume'], model.env);
    expect(first).toMatchObject({ code: 0, stderr: 'No unfinished run of this job: starting a new one.\n' });
    const second = await place.orch(['run', '--from', 'wall'], model.env);
    expect(second.code).toBe(0);
    expect(place.runs()).toHaveLength(1);
    expect(startedIn(place, 2)).toEqual(['each', 'each/a', 'each/b', 'last', 'wall']);
    const none = await place.orch(['run', '--retry-failed'], model.env);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('orch run') });
  });

  test('refuses a job whose project has changed', async (context) => {
    const { place, model } = await openJob(context);
    await place.orch(['run'], model.env);
    const log = place.read('runs/latest/events.jsonl');
    place.write({ 'job.yaml': place.read('job.yaml').replace('"project": "p"', '"project": "q"') });
    const { code, stderr } = await place.orch(['run', '--resume'], model.env);
    expect([code, stderr]).toEqual([2, expect.stringContaining('Expected project p')]);
    expect(place.read('runs/latest/events.jsonl')).toBe(log);
  });
});

describe.concurrent('orch resume', () => {
  test('of a finished run executes nothing and calls nobody: the provider may be gone', async (context) => {
    const { place, model } = await openJob(context);
    place.write({ go: '' });
    await place.orch(['run'], model.env);
    const nobody = { OLLAMA_BASE_URL: 'http://127.0.0.1:9' };
    const { code, stderr } = await place.orch(['resume'], nobody);
    expect([code, stderr]).toEqual([0, '']);
    expect(startedIn(place, 2)).toEqual([]);
    expect(model.questions).toHaveLength(2);
    expect((await show(place)).status).toBe('succeeded');
    const needed = await place.orch(['resume', '--from', 'first'], nobody);
    expect([needed.code, place.events().at(-1)?.type]).toEqual([5, 'job.succeeded']);
  });

  test('puts back what was deleted or edited among its files', async (context) => {
    const { place, model } = await openJob(context);
    place.write({ go: '' });
    await place.orch(['run'], model.env);
    const last = place.output('last.md');
    place.write({ 'runs/latest/outputs/p/last.md': 'edited' });
    expect((await place.orch(['resume'])).code).toBe(0);
    expect(place.output('last.md')).toBe(last);
    rmSync(place.path('runs/latest/outputs/p/last.md'));
    expect((await place.orch(['resume'])).code).toBe(0);
    expect(place.output('last.md')).toBe(last);
    expect((await place.orch(['verify'])).code).toBe(0);
  });

  test('names the blob that is gone, also with --plan, and starts nothing', async (context) => {
    const place = openPlace(context);
    const steps = { big: { run: 'printf %020000d 7' }, wall: { run: 'test -e go', needs: ['big'], retry: 0 } };
    place.write({
      'job.yaml': { project: 'p', steps: { ...steps, use: { run: 'echo {{ steps.big.output }}', needs: ['wall'] } } },
    });
    await place.orch(['run']);
    const log = place.read('runs/latest/events.jsonl');
    const output = place.events().find(({ type, step }) => type === 'step.succeeded' && step === 'big')?.data['output'];
    const { sha256 } = output as { sha256: string };
    rmSync(place.path('runs/latest/artifacts', sha256.slice(0, 2), sha256));
    place.write({ go: '' });
    for (const args of [['resume'], ['resume', '--plan'], ['run', '--resume']]) {
      const { code, stderr } = await place.orch(args);
      expect([code, stderr]).toEqual([8, expect.stringContaining(sha256)]);
      expect(stderr).toContain('--from big');
    }
    expect(place.read('runs/latest/events.jsonl')).toBe(log);
    expect((await place.orch(['resume', '--from', 'big'])).code).toBe(0);
  });

  test('does not buy a truncated answer again; --retry-failed asks for another one', async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, (_, nth) => (nth === 0 ? { text: 'half', reason: 'length' } : 'whole'));
    place.write({ 'job.yaml': { project: 'p', provider: 'ollama:m', steps: { a: { prompt: 'p' } } } });
    expect((await place.orch(['run'], model.env)).code).toBe(1);
    expect((await place.orch(['resume'], model.env)).code).toBe(1);
    expect(model.questions).toHaveLength(1);
    expect((await place.orch(['resume', '--retry-failed'], model.env)).code).toBe(0);
    expect(model.questions).toHaveLength(2);
  });

  test('is refused for a run that was canceled, and for one that is not there', async (context) => {
    const place = openPlace(context);
    place.write({ 'job.yaml': { project: 'p', steps: { a: { run: 'sleep 600 & touch started; wait' } } } });
    const run = place.start(['run']);
    const id = await startedRun(place);
    expect((await place.orch(['cancel', id, '--reason', 'enough'])).stdout).toContain(id);
    expect((await run.ended).code).toBe(7);
    const resumed = await place.orch(['resume', id]);
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringContaining('is canceled')]);
    expect((await place.orch(['resume', 'job_ffff'])).code).toBe(2);
  });
});

describe.concurrent('two processes', () => {
  test('cannot run the same run: the second is told who does, after about a second, exit 6', async (context) => {
    const place = openPlace(context);
    place.write({ 'job.yaml': { project: 'p', steps: { a: { run: 'sleep 600 & touch started; wait' } } } });
    const run = place.start(['run']);
    const id = await startedRun(place);
    const began = performance.now();
    const { code, stderr } = await place.orch(['resume', id]);
    const took = performance.now() - began;
    const { pid, host } = JSON.parse(place.read('runs', id, 'owner.json')) as { pid: number; host: string };
    expect([code, stderr]).toEqual([6, expect.stringContaining(String(pid))]);
    expect(stderr).toContain(host);
    expect(took).toBeGreaterThan(950);
    run.kill('SIGKILL');
    await run.ended;
    endGroups(place);
  });

  test('one cancels what the other runs: exit 7 there, the request stands in the log and is gone from the inbox', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': {
        project: 'p',
        steps: { a: { run: 'sleep 600 & touch started; wait' }, b: { run: 'true', needs: ['a'] } },
      },
    });
    const run = place.start(['run']);
    const id = await startedRun(place);
    const canceled = await place.orch(['cancel', id, '--reason', 'enough', '--json']);
    expect([canceled.code, JSON.parse(canceled.stdout)]).toEqual([0, { job_id: id, done: 'there' }]);
    expect((await run.ended).code).toBe(7);
    const last = place.events().at(-1);
    expect(last).toMatchObject({ type: 'job.canceled', data: { reason: 'enough', request: expect.any(String) } });
    expect(readdirSync(place.path('runs', id, 'inbox'))).toEqual([]);
    expect(endGroups(place)).toEqual([]);
    const again = await place.orch(['cancel', id]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('is canceled')]);
  });

  test.skipIf(!canForbidWatching)('one is heard by the other also where no file can be watched', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': { project: 'p', steps: { a: { run: 'sleep 600 & touch started; wait' } } },
      'script.sh': `
        ${forbidWatching}
        $ORCH run > /dev/null 2> err & until [ -e started ]; do sleep 0.1; done
        $ORCH cancel latest --reason enough; wait $!; echo "ended $?"`,
    });
    const script = start([...namespace, 'sh', 'script.sh'], { cwd: place.dir, env: { ORCH: launcher } });
    expect((await script.ended).stdout).toContain('ended 7');
    expect(place.read('err')).toBe('');
    expect(endGroups(place)).toEqual([]);
  });

  test('one approves what the other asked before it ended', async (context) => {
    const place = openPlace(context);
    const pipe = openPipe(place, context);
    const a = { run: 'echo started >> starts; read -r _ < go', on_lost: 'ask' };
    place.write({ 'job.yaml': { project: 'p', steps: { a } } });
    const run = place.start(['run']);
    await logged(place, 'process.started');
    run.kill('SIGKILL');
    await run.ended;
    const asked = await place.orch(['resume']);
    expect([asked.code, asked.stdout]).toEqual([3, expect.stringMatching(/orch approve job_\w+ a/)]);
    expect((await place.orch(['approve', 'latest', 'b'])).code).toBe(2);
    expect(await place.orch(['approve', 'latest', 'a'])).toMatchObject({ code: 0, stderr: '' });
    pipe.release();
    expect((await place.orch(['resume'])).code).toBe(0);
    expect(place.read('starts')).toBe('started\nstarted\n');
  });
});

async function openJob(context: TestContext): Promise<{ place: Place; model: ModelServer }> {
  const place = openPlace(context);
  const model = await startModel(context, (question): ScriptedAnswer => `answer to ${question}`);
  const written = '{{ steps.first.output }} / {{ steps.second.output }} / {{ steps.each.output | join: ", " }}';
  place.write({
    'job.yaml': {
      project: 'p',
      provider: 'ollama:m',
      steps: {
        first: { prompt: 'Say hello.' },
        second: { prompt_file: './ask.md', needs: ['first'] },
        wall: { run: 'test -e go', needs: ['first'], retry: 0 },
        each: { each: { list: ['a', 'b'], key: '{{ item }}' }, run: 'echo item {{ item }}', needs: ['wall', 'second'] },
        last: { write: { 'last.md': written } },
      },
    },
    'ask.md': 'Ask.',
  });
  return { place, model };
}

/** The names of the steps and items that an attempt of the latest run started. */
function startedIn(place: Place, attempt: number): string[] {
  const events = place.events();
  const from = events.findIndex(({ type, data }) => type === 'job.started' && data['attempt'] === attempt);
  const started = events.slice(from).filter(({ type }) => type === 'step.started');
  return started.map(({ step = '', item }: LoggedEvent) => (item === undefined ? step : `${step}/${item}`)).toSorted();
}

/** The id of the run that a child has begun: its first command runs. */
async function startedRun(place: Place): Promise<string> {
  await logged(place, 'process.started');
  return place.runs()[0] ?? '';
}

test.concurrent('--resume --plan runs nothing, also where there is nothing to resume', async (context) => {
  const place = openPlace(context);
  place.write({ 'job.yaml': { project: 'p', steps: { a: { run: 'touch ran' } } } });
  expect(await place.orch(['run', '--resume', '--plan'])).toMatchObject({ code: 2 });
  expect(place.runs()).toEqual([]);
});
