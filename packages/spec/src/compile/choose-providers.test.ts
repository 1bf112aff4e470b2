import type { ProviderChoice } from '@orch/contracts';
import { expect, test } from 'vitest';
import { compiled, errorsOf } from '../testing/compiled.ts';

const text = `
provider: main:big
providers:
  fast: {name: ollama, model: small, options: {temperature: 0}}
  unused: echo
steps:
  a: {prompt: x, provider: fast}
  b: {prompt: x, provider: "ollama:qwen2.5:7b"}
  c: {prompt: x, provider: {name: ollama, model: "qwen2.5:7b"}}
  d: {prompt: x}
`;

test('a plan names the providers that steps name, by what they write', async () => {
  const { plan } = await compiled(text);
  expect(plan.provider).toEqual({ name: 'main', model: 'big' });
  expect(plan.providers).toEqual({
    fast: { name: 'ollama', model: 'small', options: { temperature: 0 } },
    'ollama:qwen2.5:7b': { name: 'ollama', model: 'qwen2.5:7b' },
  });
  expect(plan.steps.map(({ provider }) => provider)).toEqual([
    'fast',
    'ollama:qwen2.5:7b',
    'ollama:qwen2.5:7b',
    undefined,
  ]);
});

test('a choice with policies goes by all its parts, in whatever order they are written', async () => {
  const { plan } = await compiled(`
provider: {name: openai, model: m, limits: {max_parallel: 2}, resilience: {retries: 0, breaker: {threshold: 2}}}
steps:
  a: {prompt: x}
  b: {prompt: x, provider: {name: openai, model: m, limits: {max_parallel: 3, requests_per_minute: 6}}}
  c: {prompt: x, provider: {limits: {requests_per_minute: 6, max_parallel: 3}, model: m, name: openai}}
  d: {prompt: x, provider: {name: openai, model: m, api: responses}}
  e: {prompt: x, resilience: {total_s: 9}}`);
  expect(plan.provider).toEqual({
    ...{ name: 'openai', model: 'm', limits: { max_parallel: 2 } },
    resilience: { retries: 0, breaker: { threshold: 2 } },
  });
  const [, b, c, d, e] = plan.steps;
  expect(b!.provider).toBe(c!.provider);
  expect(Object.values(plan.providers!)).toEqual([
    { name: 'openai', model: 'm', api: 'responses' },
    { name: 'openai', model: 'm', limits: { max_parallel: 3, requests_per_minute: 6 } },
  ]);
  expect(d!.provider).not.toBe(b!.provider);
  expect(e!.fields['resilience']).toEqual({ total_s: 9 });
});

test('each is decided once, by who compiles the job', async () => {
  const asked: unknown[] = [];
  const { plan } = await compiled(text, {
    provider: (written) => ({ ...written, model: 'other' }),
    namedProvider: (name: string, written: ProviderChoice) => {
      asked.push([name, written.name]);
      return { name: 'echo' };
    },
  });
  expect(asked).toEqual([
    ['fast', 'ollama'],
    ['ollama:qwen2.5:7b', 'ollama'],
  ]);
  expect(plan).toMatchObject({ provider: { name: 'main', model: 'other' }, providers: { fast: { name: 'echo' } } });
});

test('the provider of a job may be one of its own', async () => {
  const named = 'provider: fast\nproviders: {fast: ollama:small}\nsteps: {a: {prompt: x}}';
  expect((await compiled(named)).plan).toMatchObject({ provider: { name: 'ollama', model: 'small' } });
  expect((await compiled(named)).plan).not.toHaveProperty('providers');
});

test('nobody is asked for a job whose steps all name somebody, but for one that may add steps', async () => {
  const provider = () => ({ name: 'echo' });
  expect((await compiled('steps: {a: {prompt: x, provider: ollama}}', { provider })).plan.provider).toBeUndefined();
  const isFile = { readFile: async () => 'export default () => 1;' };
  const adding = 'provider: ollama\nsteps: {a: {uses: ./a.ts}}';
  expect((await compiled(adding, { provider, ...isFile })).plan.provider).toEqual({ name: 'echo' });
  expect((await compiled('steps: {a: {uses: ./a.ts}}', { provider, ...isFile })).plan.provider).toBeUndefined();
});

test('providers that nobody knows are told where they stand', async () => {
  const bad = `
provider: olama
providers: {fast: openia:x, Slow: echo}
steps:
  a: {prompt: x, provider: fst}
  b: {prompt: x, provider: {name: nobody}}
  c: {prompt: x, provider: fast, model: other}
  d: {prompt: x, provider: "fast:small", model: other}`;
  expect(await errorsOf(bad, { providers: ['ollama', 'openai'] })).toEqual([
    '2:11 bad_value provider: expected one of fast, Slow, ollama, openai, got "olama", did you mean "ollama"?',
    '3:19 bad_value providers.fast: expected one of ollama, openai, got "openia", did you mean "openai"?',
    '3:29 bad_value providers.Slow: expected a name such as build_docs (a small letter, then small letters, digits, _ or -, at most 64), got "Slow"',
    '3:35 bad_value providers.Slow: expected one of ollama, openai, got "echo"',
    '5:28 bad_value steps.a.provider: expected one of fast, Slow, ollama, openai, got "fst", did you mean "fast"?',
    '6:28 bad_value steps.b.provider: expected one of fast, Slow, ollama, openai, got "nobody"',
    '8:42 conflict steps.d.model: the provider of this step names a model already',
  ]);
});
