import { expect, test } from 'vitest';
import { compiled, errorsOf, readingFrom } from '../testing/compiled.ts';

const job = `
vars: {debug: false, n: 1, tags: [a], deep: {a: 1}, text: x, any: null}
steps: {a: {run: 'echo {{ vars.debug }} {{ vars.other }}'}}
`;
const files = readingFrom({ '/job/job.yaml': job, '/job/p.yaml': job.replace(' {{ vars.other }}', '') });

test('a value of --var is of the type that the default has', async () => {
  const given = { debug: 'true', n: '-3.5', tags: '["x"]', deep: '{}', text: '3', any: '3', other: '[]' };
  const { plan } = await compiled(job, { vars: given });
  expect(plan.vars).toEqual({ debug: true, n: -3.5, tags: ['x'], deep: {}, text: '3', any: '3', other: '[]' });
});

test('a value of --var of another type is refused', async () => {
  expect(await errorsOf(job, { vars: { debug: 'maybe', n: 'true', tags: '{}', deep: '[', other: '' } })).toEqual([
    "1:1 wrong_type --var debug=maybe: expected true or false, as the job's default false says",
    "1:1 wrong_type --var n=true: expected a number, as the job's default 1 says",
    `1:1 wrong_type --var tags={}: expected a list in JSON, as the job's default ["a"] says`,
    `1:1 wrong_type --var deep=[: expected a map in JSON, as the job's default {"a":1} says`,
  ]);
});

test('what a job gives its pipeline, or a job that it runs, is held against the defaults there', async () => {
  const piped = 'pipeline: {use: ./p.yaml, with: {n: "3", text: 3, tags: [b]}}';
  expect(await errorsOf(piped, files)).toEqual([
    '1:37 wrong_type pipeline.with.n: expected a number, as the default 1 says, got text',
    `1:48 wrong_type pipeline.with.text: expected text, as the job's default "x" says`,
  ]);
  const ran = 'steps: {a: {spec: p.yaml, vars: {n: x, debug: "true", tags: "{{ vars.t }}"}}}\nvars: {t: 1}';
  expect(await errorsOf(ran, files)).toEqual([
    "1:37 wrong_type steps.a.vars.n: expected a number, as the job's default 1 says",
  ]);
});
