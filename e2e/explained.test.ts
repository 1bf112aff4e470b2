import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startModel } from './model-server.ts';
import { openPlace } from './orch.ts';
import { eventsOf, resultOf } from './steps.ts';

const question = { prompt: 'You are brief.\nSay hi to {{ vars.who }}.', options: { temperature: 0.1 } };
const job = (steps: object, more: object = {}) => ({
  project: 'p',
  provider: 'ollama:m',
  vars: { who: 'Ann' },
  steps,
  ...more,
});

test.concurrent('a frozen run answers from the cache, in every cache mode, and calls nobody', async (context) => {
  const place = openPlace(context);
  const model = await startModel(context, (asked) => `answer to ${asked}`);
  const steps = {
    a: question,
    b: { prompt: 'Again: {{ steps.a.output }}', cache: 'refresh' },
    c: { prompt: 'Once more.', cache: 'off', needs: ['a'] },
    kept: { write: { 'a.md': '{{ steps.b.output }}' } },
  };
  place.write({ 'job.yaml': job(steps) });
  expect(await place.orch(['run'], model.env)).toMatchObject({ code: 0 });
  const [firstRun = ''] = place.runs();
  const asked = model.questions.length;
  expect(await place.orch(['run', '--frozen', '--only', 'kept'], dead)).toMatchObject({ code: 0 });
  expect(place.output('a.md')).toBe('answer to Again: answer to You are brief.\nSay hi to Ann.');
  expect(eventsOf(place, 'llm.request')).toEqual([]);
  const whole = await place.orch(['run', '--frozen'], dead);
  expect([whole.code, whole.stdout]).toEqual([1, expect.stringContaining('✗ c  Expected a stored or recorded reply')]);
  const resumed = await place.orch(['resume', firstRun, '--from', 'a', '--frozen'], dead);
  expect(resumed).toMatchObject({ code: 0 });
  expect(model.questions).toHaveLength(asked);
});

test.concurrent('a frozen miss says line by line what differs from what is stored', async (context) => {
  const place = openPlace(context);
  const model = await startModel(context, () => 'hi');
  place.write({ 'job.yaml': job({ a: question, other: { prompt: 'x' } }) });
  expect(await place.orch(['run'], model.env)).toMatchObject({ code: 0 });
  place.write({
    'job.yaml': job({ a: { ...question, options: { temperature: 0.9, seed: 4 } }, other: { prompt: 'x' } }),
  });
  const { code, stdout } = await place.orch(['run', '--frozen', '--var', 'who=Bob'], dead);
  expect(code).toBe(1);
  const [failed] = eventsOf(place, 'step.failed');
  expect(failed).toMatchObject({ step: 'a', data: { code: 'frozen_miss' } });
  for (const said of [
    'option temperature: 0.1 → 0.9',
    'option seed: absent → 4',
    '-Say hi to Ann.',
    '+Say hi to Bob.',
  ]) {
    expect(stdout).toContain(said);
  }
  expect(stdout).not.toContain('-You are brief.');
});

test.concurrent('a frozen run answers from recordings where the cache knows nothing', async (context) => {
  const place = openPlace(context);
  const model = await startModel(context, (asked) => `answer to ${asked}`);
  place.write({ 'job.yaml': job({ a: question }) });
  expect(await place.orch(['run'], model.env)).toMatchObject({ code: 0 });
  expect(await place.orch(['record'])).toMatchObject({ code: 0 });
  rmSync(place.path('runs'), { recursive: true });
  expect(await place.orch(['run', '--frozen'], dead)).toMatchObject({ code: 0 });
  expect(resultOf(place, 'a')).toBe('answer to You are brief.\nSay hi to Ann.');
  expect(eventsOf(place, 'llm.request')).toEqual([]);
  rmSync(place.path('recordings'), { recursive: true });
  rmSync(place.path('runs'), { recursive: true });
  place.write({ 'job.yaml': job({ a: question }, { provider: 'auto' }) });
  expect(await place.orch(['run', '--frozen'], dead)).toMatchObject({ code: 5 });
});

test.concurrent('why tells a miss from a hit, of the right item, and what was different', async (context) => {
  const place = openPlace(context);
  const model = await startModel(context, (asked) => `answer to ${asked}`);
  const each = { prompt: 'About {{ item }} for {{ vars.who }}', each: { list: ['x', 'y'], key: '{{ item }}' } };
  const schema = { prompt: 'Say {}', schema: { title: 'string' }, retry: 0 };
  place.write({ 'job.yaml': job({ a: question, each, plain: { run: 'echo 1' } }) });
  expect(await place.orch(['run'], model.env)).toMatchObject({ code: 0 });
  const first = await place.orch(['why', 'latest', 'a']);
  expect(first.stdout).toMatch(/miss .*\n {2}There is no other entry of step a\.\n.*succeeded/);
  expect(await place.orch(['run', '--var', 'who=Bob'], model.env)).toMatchObject({ code: 0 });
  const item = await place.orch(['why', 'latest', 'each', 'y']);
  expect(item.stdout).toContain('-About y for Ann\n    +About y for Bob');
  expect(await place.orch(['run', '--var', 'who=Bob'], model.env)).toMatchObject({ code: 0 });
  const [before = ''] = place.runs().filter((name) => place.events(name).some(({ type }) => type === 'llm.request'));
  expect(before).not.toBe('');
  const hit = await place.orch(['why', 'latest', 'a']);
  expect(hit.stdout).toMatch(/hit .* from the cache that all runs share, paid for by job_[0-9a-f]{12}\n/);
  expect((await place.orch(['why', 'latest', 'plain'])).stdout).toContain('It asked no model');
  expect((await place.orch(['why', 'latest', 'each'])).stdout).toMatch(
    /its items ask\. Name one as well:\n {2}x\n {2}y\n/,
  );
  for (const [args, said] of [
    [['zz'], 'There are: a, each, plain'],
    [['each', 'z'], 'There are: x, y'],
  ] as const) {
    expect(await place.orch(['why', 'latest', ...args])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(said) as string,
    });
  }
  place.write({ 'job.yaml': job({ bad: { ...schema, repair: { rounds: 0 } } }) });
  await place.orch(['run'], model.env);
  const { stdout } = await place.orch(['why', 'latest', 'bad', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ step: 'bad', questions: [{ cache: 'miss' }], ends: [{ end: 'failed' }] });
});

test.concurrent('a call that failed leaves its question, so that its miss is explained too', async (context) => {
  const place = openPlace(context);
  const model = await startModel(context, () => 'hi');
  place.write({ 'job.yaml': job({ a: question }) });
  expect(await place.orch(['run'], model.env)).toMatchObject({ code: 0 });
  const broken = await startModel(context, () => {
    throw new Error('no answer today');
  });
  const env = { ...broken.env, PROVIDER_MAX_RETRIES: '0' };
  expect(await place.orch(['run', '--var', 'who=Bob'], env)).toMatchObject({ code: 1 });
  expect((await place.orch(['why', 'latest', 'a'])).stdout).toContain('+Say hi to Bob.');
});

test.concurrent('diff tells of each step why two runs are not the same', async (context) => {
  const place = openPlace(context);
  let count = 0;
  const model = await startModel(context, (asked) => (asked.startsWith('Random') ? `random ${count++}` : 'fixed'));
  const steps = {
    a: question,
    same: { prompt: 'Always the same.' },
    random: { prompt: 'Random', cache: 'off' },
    code: { uses: './code.mjs' },
    after: { run: 'echo {{ steps.random.output }}' },
    options: { prompt: 'Options', options: { temperature: 0 } },
    items: { run: 'echo {{ item }}', each: { list: '{{ vars.list }}', key: '{{ item }}' } },
  };
  place.write({
    'job.yaml': job(steps, { vars: { who: 'Ann', list: ['x', 'y'] } }),
    'code.mjs': 'export default () => 1;',
  });
  expect(await place.orch(['run'], model.env)).toMatchObject({ code: 0 });
  const a = place.runs()[0] ?? '';
  const edited = { ...steps, options: { ...steps.options, options: { temperature: 1 } }, more: { run: 'true' } };
  place.write({
    'job.yaml': job(edited, { vars: { who: 'Bob', list: ['x', 'z'] } }),
    'code.mjs': 'export default () => 2;',
  });
  expect(await place.orch(['run'], model.env)).toMatchObject({ code: 0 });
  const { code, stdout } = await place.orch(['diff', a, 'latest', '--json']);
  expect(code).toBe(8);
  const { units } = JSON.parse(stdout) as { units: { step: string; item?: string; is: string; parts?: string[] }[] };
  const told = Object.fromEntries(
    units.map(({ step, item = '', is, parts = [] }) => [step + item, [is, ...parts].join(' ')]),
  );
  expect(told).toEqual({
    a: 'changed prompt',
    same: 'same',
    random: 'nondeterministic',
    code: 'changed code fields',
    after: 'changed fields need',
    options: 'changed options',
    items: 'changed items',
    itemsx: 'same',
    itemsy: 'only_in',
    itemsz: 'only_in',
    more: 'only_in',
  });
  const words = (await place.orch(['diff', a, 'latest'])).stdout;
  expect(words).toContain('random: output differs with same inputs (nondeterministic)');
  expect(words).toMatch(
    /a: prompt changed\n {2}prompt:\n {5}You are brief\.\n {4}-Say hi to Ann\.\n {4}\+Say hi to Bob\./,
  );
  expect(await place.orch(['diff', 'latest', 'latest'])).toMatchObject({ code: 0 });
});

/** Nobody listens there. */
const dead = { OLLAMA_BASE_URL: 'http://127.0.0.1:9' };
