import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { startModel } from './model-server.ts';
import { appears, endGroups, logged, openPlace } from './orch.ts';
import type { Place, Started } from './orch.ts';
import { openPipe } from './pipe.ts';
import { show } from './shown.ts';
import { eventsOf, resultOf } from './steps.ts';

const isLinux = process.platform === 'linux';

describe.concurrent('a run that is interrupted', () => {
  test.for(['SIGINT', 'SIGTERM'] as const)(
    'by one %s finishes what is in flight, starts nothing more, and prints the command that goes on',
    async (signal, context) => {
      const { place, run, release } = await openRun(context);
      run.kill(signal);
      await run.said(/what is in flight may finish/);
      release();
      const ended = await run.ended;
      expect([ended.code, ended.signal]).toEqual([130, null]);
      const { status, steps } = await show(place);
      expect([status, steps['long']?.status, steps['after']?.status]).toEqual(['paused', 'succeeded', 'pending']);
      await expectSameEnd(place, ended.stdout);
      expect(place.read('starts')).toBe('long\nafter\n');
    },
  );

  test('by a second signal ends at once, and the command that is printed goes on to the same end', async (context) => {
    const { place, run, release } = await openRun(context);
    run.kill('SIGTERM');
    await run.said(/what is in flight may finish/);
    run.kill('SIGINT');
    const ended = await run.ended;
    expect([ended.code, ended.signal]).toEqual([130, null]);
    expect(endGroups(place)).toEqual([]);
    const { status, steps, failures } = await show(place);
    expect([status, steps['long']?.status, failures]).toEqual(['paused', 'canceled', []]);
    release();
    await expectSameEnd(place, ended.stdout);
    expect(place.read('starts')).toBe('long\nlong\nafter\n');
  });
});

test.concurrent(
  'a resume that is interrupted while it is prepared ends at once, and writes nothing',
  async (context) => {
    const place = openPlace(context);
    const model = await startModel(context, () => 'answer');
    const steps = { wall: { run: 'test -e go', retry: 0 }, ask: { prompt: 'p', needs: ['wall'] } };
    place.write({ 'job.yaml': { project: 'p', provider: 'ollama:m', steps } });
    expect((await place.orch(['run'], model.env)).code).toBe(1);
    const log = place.read('runs/latest/events.jsonl');
    place.write({ go: '' });
    const silent = await startSilence(context);
    const resumed = place.start(['resume'], silent.env);
    await silent.asked;
    resumed.kill('SIGINT');
    const { code, stderr } = await resumed.ended;
    expect(code).toBe(130);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(place.read('runs/latest/events.jsonl')).toBe(log);
    expect((await place.orch(['resume'], model.env)).code).toBe(0);
  },
);

describe.concurrent('of a run whose process was killed', () => {
  /** Tells whether the `sleep` that it left behind the first time still lives. */
  const line = [
    'if [ -e pid ]; then case "$(ps -o stat= -p "$(cat pid)")" in ""|Z*) echo ended;; *) echo lives;; esac; exit; fi',
    'sleep 600 & echo $! > draft; mv draft pid; wait',
  ].join('\n');

  test.skipIf(!isLinux).for([
    ['a command that still runs', false],
    ['what is left of a command whose shell has died', true],
  ] as const)('%s is ended before it is run again', async ([_, isShellKilled], context) => {
    const place = openPlace(context);
    context.onTestFinished(() => void endGroups(place));
    place.write({ 'job.yaml': { project: 'p', steps: { a: { run: line } } } });
    const run = place.start(['run']);
    await Promise.all([appears(place.path('pid')), logged(place, 'process.started')]);
    run.kill('SIGKILL');
    await run.ended;
    const [started] = eventsOf(place, 'process.started');
    if (isShellKilled) process.kill(Number(started?.data['pid']), 'SIGKILL');
    const { code, stdout } = await place.orch(['resume']);
    expect([code, stdout]).toEqual([0, stdout]);
    expect(resultOf(place, 'a')).toBe('ended');
  });
});

/** A job of which `long` waits in flight until it is released. */
async function openRun(context: TestContext): Promise<{ place: Place; run: Started; release: () => void }> {
  const place = openPlace(context);
  context.onTestFinished(() => void endGroups(place));
  const pipe = openPipe(place, context);
  place.write({
    'job.yaml': {
      project: 'p',
      steps: {
        first: { write: { 'first.txt': 'done' } },
        long: { needs: ['first'], run: 'echo long >> starts; read -r line < go; echo "$line"' },
        after: { run: 'echo after >> starts; echo after {{ steps.long.output }}', needs: ['long'] },
      },
    },
  });
  const run = place.start(['run']);
  await Promise.race([logged(place, 'process.started', 'long'), run.ended]);
  return { place, run, release: () => pipe.release() };
}

/** Does what the last lines of a run say, and looks at what comes of it. */
async function expectSameEnd(place: Place, said: string): Promise<void> {
  const [, command = ''] = /^resume\s+orch (.+)$/m.exec(said) ?? [];
  const { code, stderr } = await place.orch(command.split(' '));
  expect([command, code, stderr]).toEqual([expect.stringMatching(/^resume job_[0-9a-f]{12}$/), 0, '']);
  expect(resultOf(place, 'after')).toBe('after go');
  expect(place.output('first.txt')).toBe('done');
}

/** An Ollama that never answers anything. */
async function startSilence({ onTestFinished }: TestContext) {
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  const server = createServer(() => resolve());
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { env: { OLLAMA_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, asked };
}
