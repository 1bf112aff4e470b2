import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '@orch/contracts';
import { checkCommand } from './check-command.ts';
import { renderStep } from './render.ts';
import { findQuoting, FLOW, OUTPUT } from './shell-quotes.ts';

function render(run: string, vars: JsonObject, env: Record<string, string> = {}) {
  return renderStep(
    { id: 's', kind: 'shell', fields: { run, env, output: 'text' } },
    { vars, steps: {}, run: { id: 'r', dir: '', outputs: '' }, job: { dir: '' }, now: '2026-01-01T00:00:00.000Z' },
  );
}

/** What /bin/sh prints for the line. */
function sh(run: string, vars: JsonObject): string {
  const fields = render(run, vars);
  if (!fields.ok) throw fields.error;
  const env = { PATH: process.env['PATH'], ...(fields.value['env'] as Record<string, string>) };
  const { stdout, stderr } = spawnSync('/bin/sh', ['-c', fields.value['run'] as string], { env, encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout;
}

test.each<[string, Json, string]>([
  ['double quotes', 'say "hi" \\"', 'say "hi" \\"'],
  ['single quotes', "it's", "it's"],
  ['a substitution', '$(echo no) `echo no` ${HOME} $HOME', '$(echo no) `echo no` ${HOME} $HOME'],
  [
    'a second command',
    '; echo no; rm -rf /nonexistent & echo no | cat',
    '; echo no; rm -rf /nonexistent & echo no | cat',
  ],
  ['lines', 'one\n  two\n\nthree\n', 'one\n  two\n\nthree\n'],
  ['globs and redirections', '* > /dev/null ? [a-z] ~', '* > /dev/null ? [a-z] ~'],
  ['backslashes', '\\ \\n \\\\', '\\ \\n \\\\'],
  ['a dash', '--version', '--version'],
  ['the name of a variable', '$ORCH_V1 "$ORCH_V2"', '$ORCH_V1 "$ORCH_V2"'],
  ['nothing', '', ''],
  ['an object', { a: ['"', "'"] }, `{"a":["\\"","'"]}`],
])('the shell prints a value with %s word for word', (_, value, text) => {
  expect(sh("printf '%s' {{ vars.v }}", { v: value })).toBe(text);
});

test('a value joins the word it stands in, and stays one word', () => {
  expect(sh("printf '<%s>' --a={{ vars.v }}.txt {{ vars.v }}{{ vars.v }}", { v: 'x  y' })).toBe(
    '<--a=x  y.txt><x  yx  y>',
  );
});

test('every output gets a variable of its own, also in loops', () => {
  const run =
    "printf '<%s>'{% for i in vars.l %} {{ i }}{% endfor %}{% if vars.no %} {{ vars.no }}{% endif %} {{ vars.l.size }}";
  expect(sh(run, { l: ['a b', '$c'] })).toBe('<a b><$c><2>');
  expect(render(run, { l: ['a b', '$c'] }, { KEEP: 'yes' })).toEqual({
    ok: true,
    value: {
      run: `printf '<%s>' "$ORCH_V1" "$ORCH_V2" "$ORCH_V3"`,
      env: { KEEP: 'yes', ORCH_V1: 'a b', ORCH_V2: '$c', ORCH_V3: '2' },
      output: 'text',
    },
  });
});

test.each([
  ['a NUL byte', 'a\0b', 'has a NUL byte'],
  ['more than the system takes', 'x'.repeat(200_000), 'has 200000 bytes'],
])('a value with %s is refused', (_, value, message) => {
  expect(render('echo {{ vars.v }}', { v: value })).toMatchObject({
    ok: false,
    error: { code: 'template', message: expect.stringContaining(`steps.s.run: output 1 ${message}`) },
  });
});

const T = '{{ vars.v }}';
const inPlainSight = [
  ['after closed quotes', `echo "a \\" b" 'c' ${T}`],
  ['after a closed substitution', `echo $(date "+%H" | tr ')' '(') ${T}`],
  ['after nested ones', 'echo "$(echo "`echo \')\'`")" ' + T],
  ['after arithmetic with shifts', `echo $((1 << (2 + 3))) ${T}`],
  ['after a parameter with a hash', `echo \${x#a} $# a#b ${T}`],
  ['after a comment', `# it's a "comment\necho ${T}`],
  ['after an escaped quote', `echo \\' \\" ${T}`],
  ['on the line that opens a heredoc', `cat <<EOF ${T}\nit's\nEOF`],
  ['after a heredoc', `cat <<'E F' <<-X\nit's\nE F\n\t"\n\tX\necho ${T}`],
  ['after a here-string', `cat <<< word ${T}`],
  ['in a subshell and behind operators', `(cd ${T} && ls) | grep ${T}; [ ${T} = x ] || x=${T}`],
  ['after a continued line', `echo a\\\n  ${T}`],
  ['beside literal braces', `awk '{% raw %}{{ print }}{% endraw %}' ${T}`],
  ['beside tags that leave no trace', `echo '{% comment %} ${T} {% endcomment %}{% assign a = 1 %}' ${T}`],
  ['in a choice', `{% if vars.v %}echo "a" ${T}{% else %}true{% endif %}`],
] as const;

test.each(inPlainSight)('a tag may stand %s', (_, run) => {
  expect(checkCommand(run)).toEqual([]);
});

test.each([
  ['double quotes', `echo "a ${T}"`],
  ['single quotes', `echo 'a ${T}'`],
  ['backticks', `echo \`cat ${T}\``],
  ['$( )', `echo $(cat ${T})`],
  ['$( )', `echo $( (cat ${T}) )`],
  ['double quotes', `echo $(cat "${T}")`],
  ['$(( ))', `echo $(( 1 + ${T} ))`],
  ['${ }', `echo \${x:-${T}}`],
  ['a heredoc', `cat <<EOF\n${T}\nEOF`],
  ['a heredoc', `cat <<-"EOF"; echo\n\tx\n${T}\n\tEOF`],
  ['the end mark of a heredoc', `cat <<-x${T}\n`],
  ['a comment', `echo a # ${T}`],
  ['a comment', `echo;#${T}`],
  ['an escape (a \\ stands before it)', `echo \\${T}`],
  ['single quotes', `echo "it's" 'a" ${T}'`],
])('a tag in %s is refused', (place, run) => {
  expect(checkCommand(run)).toEqual([
    { index: run.indexOf(T), message: expect.stringContaining(`${T} stands in ${place};`), hint: expect.any(String) },
  ]);
});

test('a choice on the line of a heredoc is refused', () => {
  expect(checkCommand('cat <<EOF {% if vars.v %}\nx\nEOF\n{% endif %}')).toEqual([
    {
      index: 10,
      message: '{% if vars.v %} stands in a line with a heredoc; tags may only stand between the words of a command',
    },
  ]);
});

test('every tag of any line is judged once', () => {
  const shell = [
    '"',
    "'",
    '`',
    '$(',
    '$((',
    '${',
    ')',
    '))',
    '}',
    '(',
    '#',
    '\\',
    '\n',
    ' ',
    'a',
    '<<',
    '<<<',
    '-',
    'E\n',
    ';',
  ];
  const line = fc.array(fc.constantFrom(...shell, OUTPUT, FLOW), { maxLength: 30 }).map((parts) => parts.join(''));
  fc.assert(
    fc.property(line, (text) => {
      expect(findQuoting(text)).toHaveLength([...text].filter((char) => char === OUTPUT || char === FLOW).length);
    }),
    { seed: 20261120, numRuns: 2000 },
  );
});

test('blanks that a tag takes away are taken before quotes are looked for', () => {
  expect(checkCommand(`echo a # c\n{%- if vars.v %} ${T}{% endif %}`)).not.toEqual([]);
});
