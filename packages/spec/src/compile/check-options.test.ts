import type { ProviderChoice } from '@orch/contracts';
import { expect, test } from 'vitest';
import { compiled, errorsOf, readingFrom } from '../testing/compiled.ts';
import type { AskedOptions } from './context.ts';

/** Everybody takes a temperature; `big` takes a seed, too. Nobody is called `bad`. */
async function whyRefused({ name, options: own = {} }: ProviderChoice, { model, options }: AskedOptions) {
  if (name === 'bad') return { message: 'Expected another name, got `bad`.', hint: 'Call it good.' };
  const [strange] = Object.keys({ ...own, ...options }).filter((option) => option !== 'temperature');
  if (strange === undefined || (strange === 'seed' && model === 'big')) return undefined;
  return { message: `Expected options that ${name} takes, got \`${strange}\`.` };
}

test('options that whoever answers does not take are told by their place, each once', async () => {
  const text = `
provider: near
providers:
  far: {name: remote, model: m}
defaults: {options: {stop: [x]}}
steps:
  a: {prompt: x, options: {temperature: 1}}
  b: {prompt: x, options: {seed: 1}}
  c: {prompt: x, options: {seed: 1}, provider: far}
  d: {prompt: x, options: {seed: 1}, model: big}
  e: {prompt: x}
  f: {prompt: x}`;
  expect(await errorsOf(text, { whyRefused })).toEqual([
    '5:21 bad_value defaults.options: expected options that near takes, got `stop`',
    '8:27 bad_value steps.b.options: expected options that near takes, got `seed`',
    '9:27 bad_value steps.c.options: expected options that remote takes, got `seed`',
  ]);
});

test('what is wrong with a provider itself is told where it is described, and of its steps what is wrong beside it', async () => {
  const text = `
provider: {name: near, options: {seed: 1}}
providers:
  worse: {name: bad}
steps:
  a: {prompt: x, options: {seed: 2}}
  b: {prompt: x, provider: worse, options: {stop: [x]}}
  c: {prompt: x, provider: {name: near, model: m, options: {stop: [x]}}}`;
  expect(await errorsOf(text, { whyRefused })).toEqual([
    '2:11 bad_value provider: expected options that near takes, got `seed`',
    '4:10 bad_value providers.worse: expected another name, got `bad` [call it good]',
    '6:27 bad_value steps.a.options: expected options that near takes, got `seed`',
    '8:28 bad_value steps.c.provider: expected options that near takes, got `stop`',
  ]);
  const named = 'provider: worse\nproviders: {worse: {name: bad}}\nsteps: {a: {prompt: x}}';
  expect(await errorsOf(named, { whyRefused })).toEqual([
    '2:20 bad_value providers.worse: expected another name, got `bad` [call it good]',
  ]);
});

test('a job that a step runs is answered by whom it names, else by who answers the outer one', async () => {
  const files = {
    '/job/own.yaml': 'provider: other\nsteps: {i: {prompt: x, options: {seed: 1}}}',
    '/job/same.yaml': 'steps: {i: {prompt: x, options: {seed: 1}}}',
  };
  const text = 'provider: near\nsteps: {a: {spec: own.yaml}, b: {spec: same.yaml}}';
  expect(await errorsOf(text, { ...readingFrom(files), whyRefused })).toEqual([
    'own.yaml:2:33 bad_value steps.i.options: expected options that other takes, got `seed`',
    'same.yaml:1:33 bad_value steps.i.options: expected options that near takes, got `seed`',
  ]);
});

test('it is who was chosen that is asked, also instead of whom the job names', async () => {
  const text = 'provider: bad\nsteps: {a: {prompt: x, options: {seed: 1}}}';
  expect(await errorsOf(text, { whyRefused, provider: () => ({ name: 'chosen' }) })).toEqual([
    '2:33 bad_value steps.a.options: expected options that chosen takes, got `seed`',
  ]);
  const { plan } = await compiled('provider: bad\nsteps: {a: {run: ls}}', { whyRefused });
  expect(plan).not.toHaveProperty('provider');
});
