import { readFileSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { startModel } from './model-server.ts';
import { openPlace } from './orch.ts';
import type { Place } from './orch.ts';
import { expectSuccess } from './steps.ts';

describe.concurrent('orch cache', () => {
  test('ls, stats and verify tell what there is, for people and for programs', async (context) => {
    const { place } = await filled(context);
    const [listed, ofStep, told, verified] = await Promise.all(
      [['ls'], ['ls', '--step', 'a', '--json'], ['stats'], ['verify']].map((args) => place.orch(['cache', ...args])),
    );
    expect([listed, ofStep, told, verified]).toMatchObject(Array(4).fill({ code: 0, stderr: '' }));
    const lines = listed?.stdout.trimEnd().split('\n').sort() ?? [];
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(line).toMatch(/^[0-9a-f]{12} {2}[ab] {2}ollama:m {2}\d+ B {2}used 20\S+Z$/);
    const [first, second] = JSON.parse(ofStep?.stdout ?? '') as Record<string, unknown>[];
    expect(first).toMatchObject({ step: 'a', provider: 'ollama', model: 'm', finish_reason: 'stop' });
    expect(second).toBeUndefined();
    expect(told?.stdout).toMatch(/^folder +\S+runs\/\.cache\nentries +3\nblobs +3\nsize +\d.*\nused first +20.*\n/);
    expect(verified?.stdout).toBe(`Nothing is wrong with 3 entries and 3 blobs in ${place.path('runs', '.cache')}.\n`);
    const empty = await place.orch(['cache', 'ls', '--runs-dir', 'none']);
    expect(empty).toMatchObject({ code: 0, stdout: '', stderr: `No entries in ${place.path('none', '.cache')}.\n` });
  });

  test('what was removed is asked for again, and nothing else', async (context) => {
    const { place, again } = await filled(context);
    const [key = '', ...others] = keysOf(place, 'b');
    const wrong = await Promise.all([
      place.orch(['cache', 'rm', key, 'x']),
      place.orch(['cache', 'rm', key, `${key.slice(0, 63)}${key.endsWith('0') ? '1' : '0'}`]),
      place.orch(['cache', 'rm']),
    ]);
    expect(wrong).toMatchObject([
      { code: 2, stderr: expect.stringContaining('hexadecimal digits, got `x`') },
      { code: 2, stderr: expect.stringContaining('orch cache ls') },
      { code: 2, stderr: expect.stringContaining("missing required argument 'key'") },
    ]);
    expect(keysOf(place, 'b')).toEqual([key, ...others]);
    expect(await place.orch(['cache', 'rm', key.slice(0, 20)])).toMatchObject({ code: 0, stdout: `removed ${key}\n` });
    expect(keysOf(place, 'b')).toEqual(others);
    expect(await again()).toHaveLength(1);
  });

  test('prune removes what nobody used for long, and as much as it takes to fit', async (context) => {
    const { place, again } = await filled(context);
    const prune = (...args: string[]) => place.orch(['cache', 'prune', ...args]);
    const wrong = await Promise.all([prune(), prune('--older-than', '30'), prune('--max-size', '-1GB')]);
    expect(wrong).toMatchObject([
      { code: 2, stderr: expect.stringContaining('Expected --older-than, --max-size or both, got neither.') },
      {
        code: 2,
        stderr: expect.stringContaining('Expected --older-than to be a time such as 12h, 30d or 8w, got `30`'),
      },
      { code: 2, stderr: expect.stringContaining('Expected --max-size to be a size') },
    ]);
    const [key = ''] = keysOf(place, 'a');
    const then = new Date(Date.now() - 2 * 86_400_000);
    utimesSync(place.path('runs', '.cache', 'entries', 'a', `${key}.json`), then, then);
    expect(await prune('--older-than', '3d', '--max-size', '1GB')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^removed {2}0 entries, 0 blobs, 0 B\nleft {5}3 entries, 3 blobs, \d/),
    });
    expect(await prune('--older-than', '1.5d')).toMatchObject({
      stdout: expect.stringMatching(/^removed {2}1 entry, 0 blobs, \d+ B\nleft {5}2 entries, 3 blobs, /),
    });
    expect(await again()).toEqual(['one']);
    const { stdout } = await prune('--max-size', '1B', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ removed: { entries: 3, leftovers: 0 }, left: { entries: 0, blobs: 3 } });
    expect((await place.orch(['verify'])).code).toBe(0);
  });

  test('verify exits with 8 and names what cannot be used, without letting it at the terminal', async (context) => {
    const { place } = await filled(context);
    const [key = ''] = keysOf(place, 'a');
    const path = place.path('runs', '.cache', 'entries', 'a', `${key}.json`);
    const entry = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...entry, key: '\u001b[2Jother' }));
    const [told, record] = await Promise.all([
      place.orch(['cache', 'verify']),
      place.orch(['cache', 'verify', '--json']),
    ]);
    expect(told.code).toBe(8);
    expect(told.stdout).toContain(`${path}: expected key ${key}, got other\nRead 3 entries and 3 blobs in `);
    expect(record.code).toBe(8);
    expect(JSON.parse(record.stdout)).toMatchObject({ entries: 3, blobs: 3, misfits: [{ path }] });
  });
});

/** A runs folder after a run that asked three questions in two steps; `again` runs the same job and says what it asked. */
async function filled(context: TestContext) {
  const place = openPlace(context);
  const model = await startModel(context, (question) => `answer to ${question}`);
  const steps = { a: { prompt: 'one' }, b: { each: ['two', 'three'], prompt: '{{ item }}' } };
  const ask = async () => {
    const before = model.questions.length;
    await expectSuccess(place, steps, { env: model.env, job: { provider: 'ollama:m' } });
    return model.questions.slice(before);
  };
  expect(await ask()).toHaveLength(3);
  return { place, again: ask };
}

function keysOf(place: Place, step: string): string[] {
  const names = readdirSync(join(place.dir, 'runs', '.cache', 'entries', step));
  return names.map((name) => name.replace(/\.json$/, '')).sort();
}
