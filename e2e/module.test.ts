import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { openPlace } from './orch.ts';
import type { Place } from './orch.ts';
import { expectFailure, expectSuccess, resultOf, runSteps } from './steps.ts';

describe.concurrent('module', () => {
  const withModule = (context: TestContext, code: string): Place => {
    const place = openPlace(context);
    place.write({ 'steps/m.ts': code });
    return place;
  };
  const uses = { m: { uses: './steps/m.ts' } };

  test('a module that does not heed its signal is left behind after a while', async (context) => {
    const place = openPlace(context);
    place.write({ 'deaf.ts': 'export default () => new Promise(() => setInterval(() => undefined, 1000));' });
    const failure = await expectFailure(place, { deaf: { uses: './deaf.ts', timeout_s: 0.2 } });
    expect(failure).toMatchObject({ step: 'deaf', code: 'timeout' });
  });

  test('a module hears of the end of its time, and may still end in good order', async (context) => {
    const place = openPlace(context);
    place.write({
      'heeds.ts': `export default ({ signal, write }) => new Promise((resolve, reject) => {
        const alive = setInterval(() => undefined, 1000);
        signal.addEventListener('abort', () => { clearInterval(alive); reject(new Error('tidied up')); });
      });`,
    });
    const failure = await expectFailure(place, { heeds: { uses: './heeds.ts', timeout_s: 0.2 } });
    expect(failure).toMatchObject({ step: 'heeds', code: 'timeout' });
  });

  test.for([
    ['throws', "export default () => { throw new Error('it broke'); };", 'it broke'],
    ['rejects with something that is no error', "export default async () => { throw 'just words'; };", 'just words'],
    ['returns a function', 'export default () => () => 1;', 'JSON'],
    ['returns a cycle', 'export default () => { const a: any = {}; a.a = a; return a; };', 'JSON'],
    ['returns NaN', 'export default () => ({ n: Number.NaN });', 'JSON'],
    ['returns a bigint', 'export default () => 1n;', 'JSON'],
    ['exports no function', 'export default 7;', 'export a function'],
    ['cannot be read', 'export default (', 'steps/m.ts'],
    ['imports what is not there', "import './gone.ts';\nexport default () => 1;", 'gone.ts'],
    ['writes outside', "export default ({ write }: any) => write('../out.txt', 'x');", '../out.txt'],
  ] as const)('that %s fails its step with what happened', async ([, code, message], context) => {
    const place = withModule(context, code);
    const failure = await expectFailure(place, { ...uses, after: { needs: ['m'], run: 'true' } });
    expect(failure).toMatchObject({ step: 'm', message: expect.stringContaining(message) });
    expect(failure.code).toMatch(/^(module_failed|unsafe_path)$/);
  });

  test.for([
    [
      'leaves a promise behind that fails',
      "export default () => { void Promise.reject(new Error('late')); return 1; };",
    ],
    [
      'throws from a timer',
      "export default () => new Promise(() => setTimeout(() => { throw new Error('late'); }, 1));",
    ],
    ['ends the process', 'export default () => process.exit(0);'],
  ] as const)('that %s does not make a run that nobody ends', async ([, code], context) => {
    const place = withModule(context, code);
    const ended = await runSteps(place, uses);
    expect(ended.stdout + ended.stderr).not.toMatch(/^ {4}at /m);
    const { stdout } = await place.orch(['list', '--json']);
    const [{ status = '' } = {}] = JSON.parse(stdout) as { status?: string }[];
    expect(`${ended.code} ${status}`).toMatch(/^(0 succeeded|[1-9]\d* (failed|interrupted))$/);
  });

  test('gets task, vars, needs, item and a log, and what it returns is the result', async (context) => {
    const place = withModule(
      context,
      `import { twice } from './twice.ts';
      type Context = { task: string; vars: { n: number }; item: number; steps: Record<string, { output: string }>; log(line: string): void };
      export default async ({ task, vars, item, steps, log }: Context) => {
        log('seen ' + item);
        return { task, n: twice(vars.n), item, before: steps.before.output };
      };`,
    );
    place.write({
      'nothing.mjs': 'export default () => undefined;',
      'steps/twice.ts': 'export const twice = (n: number): number => n * 2;',
    });
    await expectSuccess(
      place,
      {
        before: { run: 'echo earlier' },
        m: { ...uses.m, needs: ['before'], each: { list: [1], key: 'one' } },
        nothing: { uses: './nothing.mjs' },
        after: { write: { out: '{{ steps.m.output[0].n }} {{ steps.nothing.output }}' } },
      },
      { job: { task: 'count', vars: { n: 21 } } },
    );
    expect(resultOf(place, 'm')).toEqual([{ task: 'count', n: 42, item: 1, before: 'earlier' }]);
    expect(resultOf(place, 'nothing')).toBe(null);
    expect(place.output('out')).toBe('42 ');
    expect(place.read('runs/latest/logs/m/one.log')).toBe('seen 1\n');
  });
});
