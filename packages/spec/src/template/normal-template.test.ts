import type { StepScope } from '@orch/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { normalTemplate } from './normal-template.ts';
import { renderText } from './render.ts';
import { writeLiteral } from './write-literal.ts';

const scope = { vars: { a: 'A', b: '{{ b }}' }, steps: {}, run: {}, job: {}, now: '' } as unknown as StepScope;
const awkward = fc.stringMatching(
  /^([ab \n$%"'-]|\{|\}|\{\{|\{%|%\}|\}\}|\$\{\{|raw|endraw|\{% endraw %\}|\{%- raw -%\})*$/,
);
const tag = fc.constantFrom('{{ vars.a }}', '{{- vars.b -}}', '{% if vars.a %}{{ vars.b }}{% endif %}', '');

test.each([
  ['nothing stands for a tag', '{"a": {"b": 1}} $5 50%', '{"a": {"b": 1}} $5 50%'],
  ['one tag', 'Use {{ name }} here', 'Use {% raw %}{{ name }}{% endraw %} here'],
  ['several tags', 'a {{ b }} c {% if d %} e', 'a {% raw %}{{ b }} c {% if d %}{% endraw %} e'],
  ['tags of other tools', 'on ${{ m.x }} {{{ y }}}!', 'on {% raw %}${{ m.x }} {{{ y }}}{% endraw %}!'],
  ['a tag that never ends', 'a {{ b', 'a {% raw %}{{{% endraw %} b'],
])('of a text only what would be tags is raw: %s', (_, text, written) => {
  expect(writeLiteral(text)).toBe(written);
});

test('a template means the same when its literals are written as usual, and is written so once and for all', () => {
  const raw = awkward.filter((text) => !/\{%-?\s*endraw/.test(text)).map((text) => `{% raw %}${text}{% endraw %}`);
  const printed = fc.constantFrom('{{ "$" }}', "{{ '{{' }}", '{{- " " -}}', '{{ "a" | append: "b" }}');
  const part = fc.oneof(
    raw,
    printed,
    tag,
    awkward.map((text) => writeLiteral(`${text} `)),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
      const template = parts.join('');
      const normal = normalTemplate(template);
      expect(renderText(normal, scope)).toEqual(renderText(template, scope));
      expect(normalTemplate(normal)).toBe(normal);
    }),
  );
});

test('of a shell line an output stays a value, also one that is written out', () => {
  const line = `echo {{ "$HOME" }} {% raw %}a {{ b }}{% endraw %}`;
  expect(normalTemplate(line, 'command')).toBe('echo {{ "$HOME" }} a {% raw %}{{ b }}{% endraw %}');
  expect(normalTemplate(line)).toBe('echo $HOME a {% raw %}{{ b }}{% endraw %}');
});
