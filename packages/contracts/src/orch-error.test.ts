import { readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { errorCodes, exitCodes, OrchError } from './index.ts';

test('an error takes kind, retryable and exit from the one table', () => {
  const error = new OrchError('rate_limit', 'Expected an answer, got 429.', { hint: 'Wait a minute.' });
  expect(error).toMatchObject({
    code: 'rate_limit',
    kind: 'provider',
    retryable: true,
    exit: 5,
    hint: 'Wait a minute.',
  });
});

test('an error that was retried to the end is no longer retryable', () => {
  expect(new OrchError('network', 'gone', { retryable: false }).retryable).toBe(false);
});

test('each exit code of the table is one of the public ones', () => {
  const known = new Set<number>(Object.values(exitCodes));
  for (const row of Object.values(errorCodes)) expect(known).toContain(row.exit);
});

test('is() knows an error of a duplicate copy of the package and nothing else', async () => {
  const copy = tempDir();
  for (const name of ['orch-error', 'error-codes']) {
    const source = readFileSync(join(import.meta.dirname, `${name}.ts`), 'utf8');
    writeFileSync(join(copy, `${name}.mjs`), stripTypeScriptTypes(source).replaceAll(/\.ts'/g, ".mjs'"));
  }
  const other = (await import(pathToFileURL(join(copy, 'orch-error.mjs')).href)) as { OrchError: typeof OrchError };
  expect(other.OrchError).not.toBe(OrchError);
  expect(OrchError.is(new other.OrchError('io', 'x'))).toBe(true);
  expect(OrchError.is(new Error('x'))).toBe(false);
  expect(OrchError.is({ name: 'OrchError', code: 'io' })).toBe(false);
});

test('from() keeps an OrchError and wraps anything else with its cause', () => {
  const io = new OrchError('io', 'disc full');
  expect(OrchError.from(io)).toBe(io);
  const cause = new TypeError('x is not a function');
  expect(OrchError.from(cause)).toMatchObject({ code: 'internal', message: 'x is not a function', cause });
  expect(OrchError.from('text', 'module_failed')).toMatchObject({ code: 'module_failed', message: 'text' });
});
