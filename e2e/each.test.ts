import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { openPlace } from './orch.ts';
import { eventsOf, expectFailure, expectSuccess, resultOf, runSteps } from './steps.ts';

describe.concurrent('each', () => {
  test('takes a list, a template, a map with a list, files, or the items of another step', async (context) => {
    const place = openPlace(context);
    place.write({ 'docs/b.md': 'B', 'docs/deep/a.md': 'A', 'docs/c.txt': 'C' });
    await expectSuccess(place, {
      numbers: { run: 'echo "[10, 20]"', output: 'json' },
      literal: { each: ['x', { name: 'y' }], run: 'echo {{ item }} {{ item.name }}' },
      template: { each: '{{ steps.numbers.output }}', run: 'echo n{{ item }}' },
      keyed: {
        each: { list: [{ id: 'k1' }, { id: 'k2' }, { id: 'k1' }], key: '{{ item.id }}' },
        run: 'echo {{ item.id }}',
      },
      files: {
        each: { files: 'docs/**/*.md' },
        stdin: '{{ item.text }}',
        run: 'cat; echo "" {{ item.name }}; echo {{ item.path }}',
      },
      from: { each: { from: 'keyed' }, run: 'echo {{ item.key }} {{ item.item.id }} {{ item.output }}' },
      none: { each: '{{ steps.literal.files }}', run: 'exit 1' },
      after: {
        write: {
          'sum.txt':
            '{{ steps.from.items.size }} {{ steps.files.items[0].item.sha256.size }} {{ steps.none.output.size }}',
        },
      },
    });
    expect(resultOf(place, 'literal')).toEqual(['x ', '{"name":"y"} y']);
    expect(resultOf(place, 'template')).toEqual(['n10', 'n20']);
    expect(resultOf(place, 'keyed')).toEqual(['k1', 'k2', 'k1']);
    expect(resultOf(place, 'files')).toEqual(['B b.md\ndocs/b.md', 'A a.md\ndocs/deep/a.md']);
    expect(resultOf(place, 'from')).toEqual(['k1 k1 k1', 'k2 k2 k2', 'k1-2 k1 k1']);
    expect(resultOf(place, 'none')).toEqual([]);
    expect(place.output('sum.txt')).toBe('3 64 0');
    const names = (step: string): (string | undefined)[] =>
      eventsOf(place, 'step.started')
        .flatMap((event) => (event.step === step && event.item !== undefined ? [event.item] : []))
        .sort();
    expect(names('files')).toEqual(['docs/b.md', 'docs/deep/a.md']);
    expect(names('keyed')).toEqual(['k1', 'k1-2', 'k2']);
  });

  test('more items than max_items: a written list before anything runs, a found one in its step', async (context) => {
    const place = openPlace(context);
    const written = await runSteps(place, { a: { each: { list: [1, 2, 3], max_items: 2 }, run: 'true' } });
    expect(written).toMatchObject({ code: 2, stdout: '' });
    expect(written.stderr).toMatch(/steps\.a\.each\.list: expected at most max_items \(2\), got 3 items/);
    expect(place.runs()).toEqual([]);
    const found = await expectFailure(place, {
      numbers: { run: 'seq 3', output: 'lines' },
      a: { each: { list: '{{ steps.numbers.output }}', max_items: 2 }, run: 'touch ran' },
    });
    expect(found).toMatchObject({ step: 'a', message: 'Expected at most 2 items, got 3.' });
    expect(existsSync(place.path('ran'))).toBe(false);
    expect(await place.orch(['run', '--limit', '2'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('as many items at once as max_parallel says, and never more', async (context) => {
    const place = openPlace(context);
    execFileSync('mkfifo', ['pair1', 'pair2', 'pair3'], { cwd: place.dir });
    // Items meet in pairs, each pair in a pipe: one alone would wait for ever. Each holds one of two slots meanwhile.
    const meet = `
      mkdir slot1 2>/dev/null && slot=slot1 || { mkdir slot2 2>/dev/null && slot=slot2; } || { echo a third one >&2; exit 1; }
      item={{ item }}
      pair=pair$(((item + 1) / 2))
      if [ $((item % 2)) = 1 ]; then echo hello > "$pair"; else read -r _ < "$pair"; fi
      rmdir "$slot"`;
    await expectSuccess(
      place,
      { pairs: { each: { list: [1, 2, 3, 4, 5, 6], max_parallel: 2 }, run: meet, timeout_s: 30 } },
      { job: { concurrency: 8 } },
    );
    let open = 0;
    for (const { type, item } of place.events()) {
      if (item === undefined) continue;
      if (type === 'step.started') expect(++open).toBeLessThanOrEqual(2);
      if (type === 'step.succeeded') open--;
    }
  });

  test('nobody waits for more than it needs: neither a step, nor an item of a step over items', async (context) => {
    const place = openPlace(context);
    for (const pipe of ['steps', 'items']) execFileSync('mkfifo', [place.path(pipe)]);
    await expectSuccess(place, {
      slow: { run: 'read -r _ < steps', timeout_s: 30 },
      a: { run: 'true' },
      b: { run: 'true', needs: ['a'] },
      c: { run: 'echo go > steps', needs: ['b'], timeout_s: 30 },
      first: { each: ['slow', 'fast'], run: 'if [ {{ item }} = slow ]; then read -r _ < items; fi', timeout_s: 30 },
      second: {
        each: { from: 'first' },
        run: 'if [ {{ item.item }} = fast ]; then echo go > items; fi',
        timeout_s: 30,
      },
    });
  });

  test('a failed item fails the step and the job, and names the item', async (context) => {
    const place = openPlace(context);
    const failure = await expectFailure(place, {
      a: { each: { list: ['good', 'bad'], key: '{{ item }}' }, run: 'test {{ item }} = good' },
      b: { each: { from: 'a' }, run: 'true' },
      c: { run: 'true', needs: ['b'] },
    });
    expect(failure).toMatchObject({ step: 'a', code: 'command_failed' });
    expect(failure.message).toMatch(/1 of 2 items failed, first bad/);
    expect(failure.stdout).toContain('a bad');
    expect(eventsOf(place, 'step.started').map(({ step }) => step)).not.toContain('c');
  });

  test('what is no list fails in its step, with what came', async (context) => {
    const place = openPlace(context);
    const failure = await expectFailure(place, {
      text: { run: 'echo hello' },
      a: { each: '{{ steps.text.output }}', run: 'true' },
    });
    expect(failure).toMatchObject({ step: 'a', code: 'template' });
    expect(failure.message).toMatch(/expected .* to give a list, got a value of type string/);
  });
});
