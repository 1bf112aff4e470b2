import { OrchError } from '@orch/contracts';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { isLoopback, parseBaseUrl, serviceOf } from './base-url.ts';
import { modelOptions, parseOptions } from './model-options.ts';
import { parseSettings } from './settings.ts';

function fault(work: () => unknown): OrchError {
  try {
    work();
  } catch (error) {
    if (OrchError.is(error)) return error;
  }
  return expect.unreachable('expected an OrchError');
}

test('what is left out of the settings has a default', () => {
  expect(parseSettings('x', {})).toEqual({
    timeoutMs: 60_000,
    maxRetries: 3,
    connectMs: 10_000,
    resilience: {},
    limits: {},
    breaker: { threshold: 5, cooldownMs: 30_000 },
    options: {},
  });
});

test('a setting that is not right is named, but never the key', () => {
  const error = fault(() => parseSettings('x', { timeoutMs: -1, apiKey: 'my secret\nkey' }));
  expect(error).toMatchObject({ code: 'usage', message: expect.stringContaining('timeoutMs') });
  expect(error.message).toContain('apiKey');
  expect(error.message).not.toContain('secret');
});

const schema = z.strictObject({ temperature: modelOptions.temperature, seed: modelOptions.seed });

test('options of a question win over those of the settings, unless they are undefined', () => {
  expect(parseOptions('x', schema, { temperature: 1, seed: 2 }, { temperature: 0, seed: undefined })).toEqual({
    temperature: 0,
    seed: 2,
  });
});

test('an option that the provider does not take is refused by name, and so is a wrong value', () => {
  expect(fault(() => parseOptions('x', schema, { num_ctx: 1 }))).toMatchObject({
    code: 'usage',
    message: 'Expected options that x takes (temperature, seed), got `num_ctx`.',
  });
  expect(fault(() => parseOptions('x', schema, { seed: 1.5 })).message).toContain('`seed` that x takes, got `1.5`');
});

test.each(['ftp://x', 'ftp://u:p@x', 'nonsense', 'https://u:p@x/v1', 'https://x/v1?key=1'])(
  '%s is no base URL',
  (text) => {
    const error = fault(() => parseBaseUrl('x', text));
    expect(error).toMatchObject({ code: 'usage' });
    expect(error.message).not.toContain('u:p');
  },
);

test('a service is named by host and path, unless it is the vendor itself or this machine', () => {
  expect(serviceOf(parseBaseUrl('x', 'https://Proxy.example:8443/v1/'), 'https://api.x/v1')).toBe(
    'proxy.example:8443/v1',
  );
  expect(serviceOf('https://api.x/v1', 'https://api.x/v1')).toBeUndefined();
  expect(['http://localhost:1', 'http://127.3.2.1', 'http://[::1]:8'].map((url) => serviceOf(url))).toEqual(
    Array(3).fill(undefined),
  );
  expect(isLoopback('http://127.evil.example')).toBe(false);
});
