import { OrchError } from '@orch/contracts';
import type { ErrorCode } from '@orch/contracts';
import { failureOf } from '@orch/testkit';
import { expect, test } from 'vitest';
import { findListed } from './find-listed.ts';

const advice = ({ code }: OrchError): string | undefined => (code === 'unconfigured' ? 'Check URL.' : undefined);

const find = (list: () => Promise<{ id: string; contextTokens?: number }[]>) =>
  findListed('m', { baseUrl: 'http://host', list, advice });

test('a model that is listed is there, one that is not is missing', async () => {
  expect(await find(async () => [{ id: 'm', contextTokens: 5 }])).toEqual({ model: 'm', contextTokens: 5 });
  expect(await find(async () => [{ id: 'm' }])).toEqual({ model: 'm' });
  const many = Array.from({ length: 12 }, (_, at) => ({ id: `x${at}` }));
  const missing = {
    code: 'model_missing',
    message: expect.stringContaining('x9, and 2 more'),
    hint: 'Name one of these.',
  };
  expect(await failureOf(find(async () => many))).toMatchObject(missing);
});

test('an empty list leaves it in doubt', async () => {
  expect(await find(async () => [])).toMatchObject({ model: 'm', doubt: { code: 'model_missing' } });
});

const fails = (code: ErrorCode, status?: number) => () =>
  Promise.reject(new OrchError(code, 'No.', status === undefined ? {} : { details: { status } }));

test.each([
  ['unconfigured', 404],
  ['model_missing', 404],
  ['bad_request', 405],
  ['server', 501],
  ['bad_response', undefined],
] as const)(
  'a server without a list (%s, %s) leaves it in doubt, with what to do about its address',
  async (code, status) => {
    const { doubt } = await find(fails(code, status));
    expect(doubt).toMatchObject({ code: 'unconfigured', hint: expect.stringMatching(/^Check URL\. .*all the same/) });
  },
);

test.each([
  ['auth', 401],
  ['server', 500],
  ['unconfigured', 302],
  ['network', undefined],
] as const)('any other failure (%s, %s) is one', async (code, status) => {
  expect(await failureOf(find(fails(code, status)))).toMatchObject({ code });
});
