import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openPlace } from './orch.ts';
import type { Place } from './orch.ts';
import { eventsOf, expectFailure, expectSuccess, runSteps } from './steps.ts';

describe.concurrent('reads and writes', () => {
  const hashOf = (place: Place): unknown =>
    eventsOf(place, 'step.started').find(({ step }) => step === 'a')?.data['input_hash'];

  test('reads enter the input hash by content, what is not declared does not', async (context) => {
    const place = openPlace(context);
    const steps = { a: { run: 'cat in/*.txt', reads: ['in/*.txt'] } };
    place.write({ 'in/a.txt': 'one', 'other.txt': 'one' });
    await expectSuccess(place, steps);
    const first = hashOf(place);
    place.write({ 'in/a.txt': 'one', 'other.txt': 'two' });
    await expectSuccess(place, steps);
    const same = hashOf(place);
    place.write({ 'in/a.txt': 'two' });
    await expectSuccess(place, steps);
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect([same, hashOf(place)]).toEqual([first, expect.not.stringMatching(String(first))]);
  });

  test('declared writes are listed as files and seen by what comes after', async (context) => {
    const place = openPlace(context);
    await expectSuccess(place, {
      a: {
        env: { OUT: '{{ run.outputs }}' },
        run: 'mkdir -p "$OUT/d"; echo 1 > "$OUT/d/1"; echo 2 > "$OUT/d/2"',
        writes: ['d/*'],
      },
      b: { write: { list: '{% for f in steps.a.files %}{{ f.path }}={{ f.text }}{% endfor %}' } },
    });
    expect(place.output('list')).toBe('d/1=1\nd/2=2\n');
    expect(eventsOf(place, 'file.written').map(({ step, data }) => `${step} ${String(data['path'])}`)).toEqual([
      'a outputs/p/d/1',
      'a outputs/p/d/2',
      'b outputs/p/list',
    ]);
  });

  test('a declared file that was not written fails the step', async (context) => {
    const failure = await expectFailure(openPlace(context), { a: { run: 'true', writes: ['missing.txt'] } });
    expect(failure).toMatchObject({ step: 'a', message: expect.stringContaining('missing.txt') });
  });

  test.for([
    ['that goes up', '../x'],
    ['that is absolute', '/tmp/orch-escaped'],
    ['that goes up further down', 'a/../../x'],
    ['with a NUL byte', 'a\0b'],
    ['of a reserved name', 'con.txt'],
    ['through a link that leaves the outputs', 'link/x'],
  ] as const)('a path %s is refused when a template makes it', async ([, path], context) => {
    const place = openPlace(context);
    const failure = await expectFailure(
      place,
      {
        link: { run: 'mkdir -p {{ run.outputs }} && ln -s {{ job.dir }} {{ run.outputs }}/link' },
        a: { needs: ['link'], write: { '{{ vars.path }}': 'escaped' } },
      },
      { job: { vars: { path } } },
    );
    expect(failure).toMatchObject({ step: 'a', code: 'unsafe_path' });
    expect(existsSync(place.path('x')) || existsSync('/tmp/orch-escaped')).toBe(false);
    expect(eventsOf(place, 'file.written')).toEqual([]);
  });

  test('a second path that differs in case alone is refused', async (context) => {
    const failure = await expectFailure(openPlace(context), { a: { write: { 'Notes.md': '1', 'notes.md': '2' } } });
    expect(failure).toMatchObject({ step: 'a', message: expect.stringContaining('notes.md') });
  });

  test('a path that leaves the outputs as it is written is refused before anything runs', async (context) => {
    const place = openPlace(context);
    const { code, stderr } = await runSteps(place, {
      a: { write: { '../x': '' } },
      b: { run: 'true', writes: ['/etc/x'] },
    });
    expect({ code, runs: place.runs() }).toEqual({ code: 2, runs: [] });
    expect(stderr).toContain('expected a path inside the project, got "../x"');
    expect(stderr).toContain('"/etc/x"');
  });
});
