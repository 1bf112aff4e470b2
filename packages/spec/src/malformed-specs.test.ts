import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { errorsOf, readingFrom } from './testing/compiled.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const cases = parse(readFileSync(join(fixtures, 'malformed-specs.yaml'), 'utf8')) as Record<string, string>;

const context = readingFrom({
  '/job/job.yaml': '',
  '/job/prompts/good.md': 'Hello {{ vars.name }}\n',
  '/job/prompts/bad.md': 'Line one\nSee {{ steps.nobody.output }}\n',
  '/job/schemas/bad.yaml': 'type: object\nproperties:\n  n: {type: whole}\n',
  '/job/schemas/list.yaml': '- string\n',
  '/job/schemas/empty.yaml': '',
  '/job/schemas/broken.json': '{"type": ',
  '/job/prompts/empty.md': '\n',
  '/job/steps/a.ts': 'export default () => 1;\n',
  '/job/pipes/bad.yaml': 'vars: {n: 1}\nsteps:\n  a: {run: x, needs: [b]}\n  c: {prompt_file: none.md}\n',
  '/job/pipes/tasked.yaml': 'vars: {depth: 1}\nsteps: {a: {prompt: "{{ task }} {{ vars.depth }}"}}\n',
  '/job/subs/bad.yaml': 'steps:\n  a: {prompt: "{{ nobody }}"}\n  a: {run: x}\n',
  '/job/subs/good.yaml': 'steps: {a: {run: "echo {{ vars.number }}"}}\n',
  '/job/subs/round.yaml': 'steps:\n  back: {spec: ../job.yaml}\n',
});

test('every malformed job is answered with all its errors, each with its place', async () => {
  const answers: string[] = [];
  for (const [title, text] of Object.entries(cases)) {
    const errors = await errorsOf(text, { ...context, onSecrets: () => undefined });
    expect(errors, title).not.toEqual([]);
    answers.push(`${title}\n${errors.map((error) => `    ${error}\n`).join('')}`);
  }
  expect(answers.length).toBeGreaterThanOrEqual(140);
  await expect(answers.join('\n')).toMatchFileSnapshot(join(fixtures, 'malformed-specs.txt'));
});

test('a value of --var for a variable that nobody declares or reads is refused', async () => {
  const job = 'vars: {folder: x}\nsteps: {a: {prompt: "{{ vars.depth }}"}}';
  expect(await errorsOf(job, { vars: { fodler: 'y', depth: 2 } })).toEqual([
    '1:1 unknown_key --var fodler: the job has no such variable, did you mean "folder"?',
  ]);
});
