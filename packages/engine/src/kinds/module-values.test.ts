import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestModule } from '@orch/spec';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { step } from '../testing/plan.ts';
import { runJob } from '../testing/run-job.ts';

const wrong = 'Expected a value that JSON can carry, got';

test.each([
  ['() => ({ i: 1, u: undefined })', `m.mjs returned at .u: ${wrong} undefined.`],
  ["() => ({ a: [1, { 'x y': 2n }] })", `m.mjs returned at .a[1]["x y"]: ${wrong} a bigint.`],
  ['() => ({ at: new Date(0) })', `m.mjs returned at .at: ${wrong} an object of class Date.`],
  ['() => () => 1', `m.mjs returned: ${wrong} a function.`],
  ['() => { const a = {}; a.a = a; return a; }', `m.mjs returned at .a: ${wrong} a cycle, or more than 1000 levels.`],
  ["({ addSteps }) => addSteps([{ id: 'a' }])", 'addSteps of m.mjs: expected a map of steps by id, got a list.'],
  ['({ addSteps }) => addSteps()', 'addSteps of m.mjs: expected a map of steps by id, got null.'],
])('what is wrong with a value of a module is named with its place: %s', async (body, message) => {
  const jobDir = tempDir();
  const code = `export default ${body};`;
  writeFileSync(join(jobDir, 'm.mjs'), code);
  const digest = await digestModule('m.mjs', { jobDir, readFile: async () => code });
  const fields = { uses: 'm.mjs', code_sha256: digest.ok ? digest.value : '' };
  const { result } = await runJob([step('b', { kind: 'module', fields })], {
    ...{ jobDir, runsDir: tempDir(), durability: 'relaxed' },
  });
  expect(result.manifest.failures).toMatchObject([{ message }]);
});
