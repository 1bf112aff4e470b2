import { expect, test } from 'vitest';
import { openPlace } from './orch.ts';

const module = `export default async ({ vars, addSteps }) => {
  if (vars.adds) addSteps({ added: { write: { 'a.md': 'added' } } });
  return vars.adds;
};`;

test('a step that runs anew and adds nothing takes what it added with it, also for who reads the run later', async (context) => {
  const place = openPlace(context);
  const job = (adds: boolean) => ({ vars: { adds }, steps: { adder: { uses: './adder.mjs' } } });
  place.write({ 'adder.mjs': module, 'job.yaml': job(true) });
  expect(await place.orch(['run'])).toMatchObject({ code: 0 });
  expect(stepsOf()).toEqual(['adder', 'added']);
  place.write({ 'job.yaml': job(false) });
  const [id = ''] = place.runs();
  expect(await place.orch(['resume', id, '--spec', 'job.yaml'])).toMatchObject({ code: 0 });
  expect(stepsOf()).toEqual(['adder']);
  expect(await place.orch(['resume', id])).toMatchObject({ code: 0 });
  expect(stepsOf()).toEqual(['adder']);
  expect(await place.orch(['verify', id])).toMatchObject({ code: 0 });

  function stepsOf(): string[] {
    const { steps } = JSON.parse(place.read('runs', 'latest', 'manifest.json')) as { readonly steps: object };
    return Object.keys(steps);
  }
});
