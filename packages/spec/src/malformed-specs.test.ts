import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { loadJob } from './compile-job.ts';

const fixtures = join(import.meta.dirname, 'fixtures');
const cases = parse(readFileSync(join(fixtures, 'malformed-specs.yaml'), 'utf8')) as Record<string, string>;

const files: Readonly<Record<string, string>> = {
  '/job/prompts/good.md': 'Hello {{ vars.name }}\n',
  '/job/prompts/bad.md': 'Line one\nSee {{ steps.nobody.output }}\n',
  '/job/schemas/bad.yaml': 'type: object\nproperties:\n  n: {type: whole}\n',
  '/job/schemas/list.yaml': '- string\n',
  '/job/schemas/empty.yaml': '',
  '/job/schemas/broken.json': '{"type": ',
  '/job/prompts/empty.md': '\n',
  '/job/steps/a.ts': 'export default () => 1;\n',
};

const readFile = (path: string): Promise<string> => {
  const content = files[path];
  return content === undefined
    ? Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' }))
    : Promise.resolve(content);
};

async function errorsOf(text: string, vars = {}): Promise<string[]> {
  const job = await loadJob(text, { file: 'job.yaml', jobDir: '/job', readFile, digest: () => 'digest', vars });
  if (job.ok) return [];
  return job.error.map(({ file, line, column, code, message, hint }) => {
    const place = file === 'job.yaml' ? `${line}:${column}` : `${file}:${line}:${column}`;
    return `${place} ${code} ${message}${hint === undefined ? '' : ` [${hint}]`}`;
  });
}

test('every malformed job is answered with all its errors, each with its place', async () => {
  const answers: string[] = [];
  for (const [title, text] of Object.entries(cases)) {
    const errors = await errorsOf(text);
    expect(errors, title).not.toEqual([]);
    answers.push(`${title}\n${errors.map((error) => `    ${error}\n`).join('')}`);
  }
  await expect(answers.join('\n')).toMatchFileSnapshot(join(fixtures, 'malformed-specs.txt'));
});

test('a value of --var for a variable that nobody declares or reads is refused', async () => {
  const job = 'vars: {folder: x}\nsteps: {a: {prompt: "{{ vars.depth }}"}}';
  expect(await errorsOf(job, { fodler: 'y', depth: 2 })).toEqual([
    '1:1 unknown_key --var fodler: the job has no such variable, did you mean "folder"?',
  ]);
});
