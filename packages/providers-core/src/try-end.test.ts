import { OrchError, err } from '@orch/contracts';
import { expect, test } from 'vitest';
import { classifyHttp } from './classify-http.ts';
import { withAdvice } from './try-end.ts';

const key = 'plain-words-as-a-key';
const coded = Buffer.from(key).toString('base64');

function said(error: OrchError): OrchError {
  const wire = { headers: { authorization: `Bearer ${key}` } };
  const end = withAdvice(err({ error }), { wire, hide: (text) => text.replaceAll(coded, '***') });
  if (end.ok) throw new Error('Expected the failure that was handed in.');
  return end.error.error;
}

test('the words of the server are kept short and without keys', () => {
  const words = `Incorrect API key provided: sk-proj-abcdef*****wxyz. Bearer abc.def ${'long '.repeat(500)}`;
  const { message } = said(classifyHttp(401, {}, JSON.stringify({ error: { message: words } })));
  expect(message).toMatch(/^Expected an answer, got HTTP 401: Incorrect API key provided: \[hidden\] \[hidden\] long/);
  expect(message.length).toBeLessThan(700);
});

test.each([
  ['as it is', key],
  ['in another form, which the program knows', coded],
])('wherever an error is cut, nothing of a key is left: %s', (_, form) => {
  for (let before = 500; before < 620; before++) {
    const words = `${' '.repeat(before)}${form} and ${'more '.repeat(200)}`;
    const { message, details } = said(new OrchError('server', words, { details: { server_code: words } }));
    expect(message + JSON.stringify(details)).not.toContain(form.slice(0, 4));
    expect(message.length).toBeLessThan(700);
  }
});
