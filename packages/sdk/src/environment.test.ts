import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { readConcurrency, readPolicy, runsFolder, withDotenv } from './environment.ts';

test('what .env sets stands under what the environment sets', () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, '.env'), 'PROVIDER=ollama\nPROVIDER_MODEL="from file"\n');
  expect(withDotenv({ PROVIDER: 'echo' }, cwd)).toEqual({ PROVIDER: 'echo', PROVIDER_MODEL: 'from file' });
});

test('every variable of the policy has effect, and a default', () => {
  expect(readPolicy({})).toEqual({ timeoutMs: 60_000, maxRetries: 3, breaker: { threshold: 5, cooldownMs: 30_000 } });
  const set = {
    PROVIDER_TIMEOUT_S: '1.5',
    PROVIDER_MAX_RETRIES: '0',
    PROVIDER_CB_THRESHOLD: '2',
    PROVIDER_CB_COOLDOWN_S: '7',
  };
  expect(readPolicy(set)).toEqual({ timeoutMs: 1_500, maxRetries: 0, breaker: { threshold: 2, cooldownMs: 7_000 } });
  expect(readConcurrency({ CONCURRENCY: '9' })).toBe(9);
});

test.each([
  [{ PROVIDER_TIMEOUT_S: 'soon' }, 'Expected PROVIDER_TIMEOUT_S to be a number of at least 0.001, got `soon`.'],
  [{ PROVIDER_TIMEOUT_S: '0' }, 'got `0`'],
  [{ PROVIDER_MAX_RETRIES: '1.5' }, 'Expected PROVIDER_MAX_RETRIES to be a whole number of at least 0, got `1.5`.'],
  [{ PROVIDER_CB_THRESHOLD: '-1' }, 'PROVIDER_CB_THRESHOLD'],
  [{ PROVIDER_CB_COOLDOWN_S: 'NaN' }, 'PROVIDER_CB_COOLDOWN_S'],
])('a bad value is refused by the name of its variable: %o', (env, message) => {
  expect(() => readPolicy(env)).toThrow(message);
});

test('concurrency has its limits', () => {
  expect(() => readConcurrency({ CONCURRENCY: '1025' })).toThrow('a whole number from 1 to 1024, got `1025`');
});

test('the folder of runs is as asked, else as the environment or .env says, else runs', () => {
  const cwd = tempDir();
  expect(runsFolder(undefined, { env: {}, cwd })).toBe(join(cwd, 'runs'));
  writeFileSync(join(cwd, '.env'), 'ORCH_RUNS_DIR=from-file\n');
  expect(runsFolder(undefined, { env: {}, cwd })).toBe(join(cwd, 'from-file'));
  expect(runsFolder(undefined, { env: { ORCH_RUNS_DIR: '/from/env' }, cwd })).toBe('/from/env');
  expect(runsFolder('asked', { env: { ORCH_RUNS_DIR: '/from/env' }, cwd })).toBe(join(cwd, 'asked'));
});
