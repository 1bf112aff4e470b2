import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { manifest as manifestSchema } from '../packages/contracts/src/schemas/index.ts';
import { isLocked } from '../packages/filestore/src/index.ts';
import { startModel } from './model-server.ts';
import { appears, endGroups, launcher, openPlace, start } from './orch.ts';
import { openPipe } from './pipe.ts';
import { show } from './shown.ts';

describe.concurrent('a run that is stopped', () => {
  test('Ctrl-C twice: at once exit 130, a run that can be read, a free lock, and nothing left running', async (context) => {
    const place = openPlace(context);
    context.onTestFinished(() => void endGroups(place));
    place.write({
      'job.yaml': {
        steps: {
          first: { write: { 'first.txt': 'done' } },
          long: { needs: ['first'], run: 'sleep 600 & touch started; wait' },
          many: { needs: ['first'], each: [1, 2, 3], run: 'sleep 600' },
          after: { needs: ['long'], run: 'true' },
        },
      },
    });
    const run = place.start(['run']);
    await appears(place.path('started'));
    run.kill('SIGINT');
    await run.said(/once more ends it now/);
    const began = performance.now();
    run.kill('SIGINT');
    const { code, signal, stdout, stderr } = await run.ended;
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(performance.now() - began).toBeLessThan(8_000); // not as late as when the grace of the first one is over
    expect(stdout + stderr).not.toMatch(/^ {4}at /m);
    expect(endGroups(place)).toEqual([]);
    expect(isLocked(place.path('runs/latest/run.lock'))).toBe(false);
    expect(() => manifestSchema.parse(JSON.parse(place.read('runs/latest/manifest.json')))).not.toThrow();
    const { status, steps } = await show(place);
    expect(status).toBe('paused');
    expect(steps).toMatchObject({ first: { status: 'succeeded' }, after: { status: 'pending' } });
    expect(steps['long']?.status).toMatch(/canceled|pending/);
    expect(place.events().at(-1)).toMatchObject({ type: 'job.paused', data: { reason: 'interrupted' } });
    expect((await place.orch(['show'])).stdout).toContain('paused');
  });

  test('Ctrl-C while a model answers: the answer is kept, nothing more starts, and how to go on is told', async (context) => {
    const place = openPlace(context);
    const [asked, answer] = [Promise.withResolvers<void>(), Promise.withResolvers<string>()];
    const model = await startModel(context, async () => (asked.resolve(), answer.promise));
    const steps = { a: { prompt: 'First?' }, b: { prompt: 'Then?', needs: ['a'] } };
    place.write({ 'job.yaml': { provider: 'ollama:m', steps } });
    const run = place.start(['run'], model.env);
    await asked.promise;
    run.kill('SIGINT');
    await run.said(/what is in flight may finish/);
    answer.resolve('yes');
    const [job] = place.runs();
    expect(await run.ended).toMatchObject({
      code: 130,
      stdout: expect.stringContaining(`orch resume ${job}`) as string,
    });
    expect(place.events().at(-1)).toMatchObject({ type: 'job.paused', data: { reason: 'interrupted' } });
    expect((await show(place)).steps).toMatchObject({ a: { status: 'succeeded' }, b: { status: 'pending' } });
    expect(await place.orch(['resume', job ?? ''], model.env)).toMatchObject({ code: 0 });
    expect(model.questions).toEqual(['First?', 'Then?']);
  });

  test('Ctrl-C before anything runs: exit 130, and no run', async (context) => {
    const place = openPlace(context);
    const server = silentServer(context);
    place.write({ 'job.yaml': 'provider: ollama:m\nsteps:\n  a: { prompt: hello }\n' });
    const run = place.start(['run'], { OLLAMA_BASE_URL: await server.url });
    await server.asked('/api/tags');
    run.kill('SIGINT');
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(place.runs()).toEqual([]);
  });

  test('a killed run is shown as interrupted', async (context) => {
    const place = openPlace(context);
    place.write({ 'job.yaml': 'steps:\n  a: { run: "echo $$ > pid; mv pid started; sleep 600" }\n' });
    const run = place.start(['run']);
    await appears(place.path('started'));
    const pgid = Number(place.read('started'));
    context.onTestFinished(() => void process.kill(-pgid, 'SIGKILL'));
    run.kill('SIGKILL');
    await run.ended;
    expect(JSON.parse((await place.orch(['list', '--json'])).stdout)).toMatchObject([{ status: 'interrupted' }]);
    expect((await show(place)).status).toBe('interrupted');
  });

  test('orch run | head -1 prints no error, and does not abandon the run', async (context) => {
    const place = openPlace(context);
    const pipe = openPipe(place, context);
    place.write({ 'job.yaml': 'steps:\n  a: { run: "read -r _ < go" }\n  b: { run: "true", needs: [a] }\n' });
    const line = `"${launcher}" run | { head -1; echo > head-is-gone; }`;
    const shell = start(['/bin/sh', '-c', line], { cwd: place.dir });
    await appears(place.path('head-is-gone'));
    pipe.release();
    const { stdout, stderr } = await shell.ended;
    expect({ stderr, lines: stdout.split('\n').length }).toEqual({ stderr: '', lines: 2 });
    expect((await show(place)).status).toMatch(/^(succeeded|paused)$/);
  });
});

/** An Ollama that never answers anything. */
function silentServer({ onTestFinished }: TestContext) {
  const asked = new Map<string, PromiseWithResolvers<void>>();
  const waiting = (path: string): PromiseWithResolvers<void> => {
    const one = asked.get(path) ?? Promise.withResolvers<void>();
    asked.set(path, one);
    return one;
  };
  const server = createServer(({ url = '' }) => waiting(url).resolve());
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const listening = once(server, 'listening');
  return {
    url: listening.then(() => `http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    asked: (path: string) => waiting(path).promise,
  };
}
