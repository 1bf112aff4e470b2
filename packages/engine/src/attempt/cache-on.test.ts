import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OrchEvent, PlanStep } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { each, step } from '../testing/plan.ts';
import { linesOf, resumeJob, runJob, unitsOf } from '../testing/run-job.ts';

const commandEnv = { PATH: process.env['PATH'] ?? '', HOME: '/nonexistent' };

/** A step of a shell line with `cache: on`. */
const shell = (id: string, run: string, more: Partial<PlanStep> = {}): PlanStep =>
  step(id, { kind: 'shell', fields: { run, env: {}, output: 'text' }, cache: 'on', ...more });

function filesOf(events: readonly OrchEvent[], unit: string): string[] {
  const [step, item] = unit.split('/');
  return events.flatMap((event) => {
    if (event.type !== 'step.succeeded' || event.step !== step || event.item !== item) return [];
    return (event.data.files as readonly { readonly path: string }[]).map(({ path }) =>
      path.replace('outputs/test/', ''),
    );
  });
}

describe('writes', () => {
  const copy = (writes: readonly string[]) =>
    shell('copy', 'mkdir -p {{ run.outputs }}/out; echo {{ item }} > {{ run.outputs }}/out/{{ item }}.txt', {
      each: each('a', 'b'),
      writes,
    });

  test('are templates: an item claims what its own match, and nothing of the others', async () => {
    const settings = { durability: 'relaxed', commandEnv, runsDir: tempDir(), plan: { concurrency: 1 } } as const;
    const { events } = await runJob([copy(['out/{{ item }}.txt'])], settings);
    expect([filesOf(events, 'copy/a'), filesOf(events, 'copy/b')]).toEqual([['out/a.txt'], ['out/b.txt']]);
  });

  test('of items are found again by another run, each with its own', async () => {
    const runsDir = tempDir();
    const settings = { durability: 'relaxed', commandEnv, runsDir } as const;
    const line =
      'mkdir -p {{ run.outputs }}; echo x >> {{ run.outputs }}/$ALL; cp {{ run.outputs }}/$ALL {{ run.outputs }}/{{ item }}.txt';
    const made = shell('make', line.replaceAll('$ALL', '{{ item }}.log'), {
      each: each('a', 'b'),
      writes: ['{{ item }}.txt'],
    });
    await runJob([made], settings);
    const { events, dir } = await runJob([made], settings);
    expect(unitsOf(events, 'cache.hit').toSorted()).toEqual(['make/a', 'make/b']);
    expect([filesOf(events, 'make/a'), filesOf(events, 'make/b')]).toEqual([['a.txt'], ['b.txt']]);
    expect(readFileSync(join(dir, 'outputs/test/b.txt'), 'utf8')).toBe('x\n');
  });

  test('tell items apart that have all else in common', async () => {
    const settings = { durability: 'relaxed', commandEnv, runsDir: tempDir(), plan: { concurrency: 1 } } as const;
    const all = 'mkdir -p {{ run.outputs }}; echo 1 > {{ run.outputs }}/a.txt; echo 2 > {{ run.outputs }}/b.txt';
    const made = shell('make', all, { each: each('a', 'b'), writes: ['{{ item }}.txt'] });
    const { events } = await runJob([made], settings);
    expect([filesOf(events, 'make/a'), filesOf(events, 'make/b')]).toEqual([['a.txt'], ['b.txt']]);
  });

  test('that cannot be read fail the step before it starts', async () => {
    const { events } = await runJob([shell('x', 'true', { writes: ['{{ vars.n | nope }}'] })], {
      ...{ durability: 'relaxed', commandEnv, runsDir: tempDir() },
    });
    expect(events.find(({ type }) => type === 'step.failed')).toMatchObject({ data: { code: 'template', attempt: 0 } });
  });
});

describe('code_version: commit', () => {
  const git = (cwd: string, ...args: readonly string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd,
      env: commandEnv,
      encoding: 'utf8',
    });

  /** A repository with a job in a folder of it, and a way to run it. */
  function repository(runs: 'inside' | 'outside' = 'outside') {
    const top = tempDir();
    const jobDir = join(top, 'jobs');
    mkdirSync(jobDir);
    writeFileSync(join(top, 'code.txt'), 'one');
    git(top, 'init', '-q');
    git(top, 'add', '.');
    git(top, 'commit', '-qm', 'one');
    const runsDir = runs === 'inside' ? join(jobDir, 'runs') : tempDir();
    const steps = [shell('x', 'cat ../code.txt', { code_version: 'commit' })];
    const run = () => runJob(steps, { durability: 'relaxed', commandEnv, runsDir, jobDir });
    const hits = async () => {
      const { result, events } = await run();
      expect(result.status).toBe('succeeded');
      return unitsOf(events, 'cache.hit').length === 1;
    };
    const version = async () => {
      const { dir } = await run();
      const key = linesOf(dir).flatMap((event) =>
        event.type === 'cache.miss' || event.type === 'cache.hit' ? [event.data.cache_key] : [],
      );
      const entry = readFileSync(join(dir, '.cache', `${key[0]}.json`), 'utf8');
      return (JSON.parse(entry) as { preimage: { code_version: string } }).preimage.code_version;
    };
    return { top, jobDir, steps, hits, version };
  }

  test.each(['inside', 'outside'] as const)('shares what a commit made, runs %s of the repository', async (where) => {
    const { top, hits, version } = repository(where);
    expect([await hits(), await hits()]).toEqual([false, true]);
    expect(await version()).toBe(git(top, 'rev-parse', 'HEAD').slice(0, 12));
    writeFileSync(join(top, 'code.txt'), 'two');
    git(top, 'commit', '-qam', 'two');
    expect([await hits(), await hits()]).toEqual([false, true]);
  });

  test('tells every state apart that is not committed', async () => {
    const { top, hits, version } = repository();
    const states = [
      () => writeFileSync(join(top, 'code.txt'), 'two'),
      () => writeFileSync(join(top, 'code.txt'), 'three'),
      () => git(top, 'add', '.'), // the same code
      () => writeFileSync(join(top, 'new.txt'), 'one'),
      () => writeFileSync(join(top, 'new.txt'), 'two'),
      () => git(top, 'checkout', '-q', '--force', 'HEAD'),
    ];
    const found: boolean[] = [await hits()];
    for (const change of states) {
      change();
      found.push(await hits());
    }
    expect(found).toEqual([false, false, false, true, false, false, false]);
    expect(await version()).toMatch(/^[0-9a-f]{12}\+dirty-[0-9a-f]{12}$/);
  });

  test.each([
    ['no repository', () => tempDir()],
    [
      'a repository without a commit',
      () => {
        const top = tempDir();
        git(top, 'init', '-q');
        return top;
      },
    ],
  ])('in %s fails, and says what to do', async (_, make) => {
    const jobDir = make();
    const steps = [shell('x', 'true', { code_version: 'commit' })];
    const { result } = await runJob(steps, { durability: 'relaxed', commandEnv, runsDir: tempDir(), jobDir });
    expect(result.manifest.failures).toMatchObject([
      {
        code: 'spec',
        message: expect.stringContaining(
          `for code_version of step x; ${jobDir} is in none: git rev-parse: fatal`,
        ) as string,
        hint: expect.stringContaining('Commit the job') as string,
      },
    ]);
  });

  test("is nobody's affair when the step is reused", async () => {
    const { jobDir, steps } = repository();
    const settings = { durability: 'relaxed', commandEnv, jobDir } as const;
    const { dir } = await runJob(steps, { ...settings, runsDir: tempDir() });
    const { events } = await resumeJob(dir, steps, { ...settings, commandEnv: {} });
    expect(unitsOf(events, 'step.started')).toEqual([]);
  });
});
