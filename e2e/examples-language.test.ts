import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { root } from '../tools/checks.mjs';
import { openPlace } from './orch.ts';
import type { Place } from './orch.ts';
import { eventsOf } from './steps.ts';

type Manifest = {
  readonly job_id: string;
  readonly plan_hash: string;
  readonly costs: { readonly provider_calls: number };
  readonly steps: Readonly<Record<string, { readonly status: string; readonly attempts: number }>>;
};

const replay = ['--provider', 'replay'] as const;

/** A copy of an example, as somebody has it who takes its folder along. */
function copyOf(name: string, context: TestContext): Place {
  const place = openPlace(context);
  cpSync(join(root, 'examples', name), place.dir, { recursive: true });
  return place;
}

function manifestOf(place: Place, run = 'latest'): Manifest {
  return JSON.parse(place.read('runs', run, 'manifest.json')) as Manifest;
}

/** Step → how it stands in the latest run. */
function states(place: Place): Record<string, string> {
  return Object.fromEntries(Object.entries(manifestOf(place).steps).map(([id, { status }]) => [id, status]));
}

const succeeded = (...steps: string[]): Record<string, string> =>
  Object.fromEntries(steps.map((step) => [step, 'succeeded']));

/** The types of events that stand for work, in all runs of the place. */
function work(place: Place): string[] {
  const types = place.runs().flatMap((run) => place.events(run).map(({ type }) => type));
  return types.filter((type) => ['step.started', 'llm.request', 'process.started', 'job.linked'].includes(type));
}

/** The example as its README says; nothing on standard error, no model but the recordings. */
async function expectRun(place: Place, args: readonly string[], code = 0): Promise<string> {
  const { stdout, ...ended } = await place.orch(['run', ...args]);
  expect({ ...ended, stdout }).toMatchObject({ code, stderr: '' });
  return stdout;
}

async function expectNothingLeftToDo(place: Place): Promise<void> {
  const before = { work: work(place), runs: place.runs(), states: states(place) };
  expect(await place.orch(['resume'])).toMatchObject({ code: 0, stderr: '' });
  expect({ work: work(place), runs: place.runs(), states: states(place) }).toEqual(before);
}

describe.concurrent('the examples of the job language', () => {
  test('summarise-docs asks about each file and puts the checked answers into one', async (context) => {
    const place = copyOf('summarise-docs', context);
    const stdout = await expectRun(place, ['job.yaml', ...replay]);
    expect(stdout).toContain('replay: recorded replies, no model was called');
    expect(stdout).toMatch(/succeeded {2}pages .* 3 of 3 items, 3 calls/);
    expect(states(place)).toEqual(succeeded('pages', 'index'));
    expect(place.output('index.md').match(/^- \[.+\]\(docs\/.+\.md\): .+ \(.+\)$/gm)).toHaveLength(3);
    await expectNothingLeftToDo(place);
  });

  test('tools calls a server of its own, until the model knows what to answer', async (context) => {
    const place = copyOf('tools', context);
    await expectRun(place, ['job.yaml', ...replay]);
    expect(place.output('letter.md')).toContain('300 g cost 41.70 €');
    expect(eventsOf(place, 'tool.called').map(({ data }) => data['name'])).toEqual([
      ...['shop.find', 'shop.price', 'shop.price'],
    ]);
    expect(eventsOf(place, 'llm.request')).toHaveLength(3);
    await expectNothingLeftToDo(place);
  });

  test('summarise-docs leaves a page out whose answer never fits, and fails below two', async (context) => {
    const place = copyOf('summarise-docs', context);
    place.write({ 'docs/brewing.md': '# Another page\n' });
    const stdout = await expectRun(place, ['job.yaml', ...replay]);
    expect(stdout).toContain('pages docs/brewing.md (recording_missing, the job went on)');
    expect(place.output('index.md')).not.toContain('docs/brewing.md');
    place.write({ 'docs/storing.md': '# Another page\n' });
    await expectRun(place, ['job.yaml', ...replay], 1);
    expect(states(place)).toEqual({ pages: 'failed', index: 'skipped' });
  });

  test.for([
    ['tickets/lost-orders.md', 'escalate', 'On call was told.'],
    ['tickets/export-format.md', 'answer', 'The customer gets this answer'],
  ] as const)('triage of %s takes the branch %s and skips the others', async ([ticket, branch, told], context) => {
    const place = copyOf('triage', context);
    await expectRun(place, ['job.yaml', ...replay, '--var', `ticket=${ticket}`]);
    const branches = { escalate: 'skipped', backlog: 'skipped', answer: 'skipped', [branch]: 'succeeded' };
    expect(states(place)).toEqual({ ...succeeded('classify', 'summary'), ...branches });
    const reasons = eventsOf(place, 'step.skipped').map(({ data }) => data['reason']);
    expect(reasons).toEqual(['condition', 'condition']);
    expect(place.output('summary.md')).toContain(told);
    await expectNothingLeftToDo(place);
  });

  test('matrix runs its tests for every combination of two lists', async (context) => {
    const place = copyOf('matrix', context);
    const stdout = await expectRun(place, ['job.yaml']);
    const zones = ['UTC', 'America/New_York', 'Asia/Kolkata'];
    const combinations = zones.flatMap((zone) => ['en_US', 'de_DE'].map((locale) => `${zone} ${locale}`));
    expect(combinations.filter((one) => !stdout.includes(`gate tests/${one}: 2 tests passed.`))).toEqual([]);
    const rows = combinations.map((one) => `| ${one} | 2 | 2 |`);
    expect(place.output('report.md').trimEnd().split('\n').slice(2)).toEqual(rows);
    await expectNothingLeftToDo(place);
  });

  test('matrix fails where one combination does', async (context) => {
    const place = copyOf('matrix', context);
    const local = place.read('src', 'due.mjs').replaceAll('UTC', '').replace('T00:00:00Z', 'T00:00:00');
    place.write({ 'src/due.mjs': local });
    const stdout = await expectRun(place, ['job.yaml'], 1);
    expect(eventsOf(place, 'gate.passed').map(({ item }) => item)).toEqual(
      expect.arrayContaining(['UTC en_US', 'UTC de_DE']),
    );
    expect(stdout).toContain('tests Asia/Kolkata en_US (gate_failed)');
    expect(states(place)).toEqual({ ...succeeded('combinations'), tests: 'failed', report: 'skipped' });
  });

  test('release-notes waits for a person with exit code 3, and goes on without asking the model again', async (context) => {
    const place = copyOf('release-notes', context);
    const asked = await expectRun(place, ['job.yaml', ...replay], 3);
    expect(asked).toContain('Publish these notes of 2.4.0?');
    expect(asked).toMatch(/orch approve job_\w+ publish --answer customers/);
    expect(states(place)).toEqual({ ...succeeded('draft', 'count'), publish: 'waiting', notes: 'pending' });
    const stillOpen = await place.orch(['run', 'job.yaml', ...replay, '--resume']);
    expect(stillOpen).toMatchObject({ code: 3, stderr: '' });

    const wrong = await place.orch(['approve', 'latest', 'publish', '--answer', 'everybody']);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('customers, team; got "everybody"')]);
    const answered = await place.orch(['approve', 'latest', 'publish', '--answer', 'customers']);
    expect(answered).toMatchObject({ code: 0, stderr: '' });
    await expectRun(place, ['job.yaml', ...replay, '--resume']);
    expect(states(place)).toEqual(succeeded('draft', 'count', 'publish', 'notes'));
    expect(place.output('notes-2.4.0.md')).toContain('For the customers. 5 changes, released by ');
    expect(eventsOf(place, 'llm.request')).toHaveLength(1);
    expect(place.runs()).toHaveLength(1);
    await expectNothingLeftToDo(place);
  });

  test('release-notes ends as failed when the person says no', async (context) => {
    const place = copyOf('release-notes', context);
    await expectRun(place, ['job.yaml', ...replay], 3);
    expect(await place.orch(['approve', 'latest', 'publish', '--reject'])).toMatchObject({ code: 0, stderr: '' });
    expect(await expectRun(place, ['job.yaml', ...replay, '--resume'], 1)).toContain('publish (rejected)');
    expect(states(place)).toEqual({ ...succeeded('draft', 'count'), publish: 'failed', notes: 'skipped' });
  });

  test('sub-job gives every language a run of its own, linked from the run that began it', async (context) => {
    const place = copyOf('sub-job', context);
    await expectRun(place, ['job.yaml', ...replay]);
    expect(states(place)).toEqual(succeeded('translations', 'table'));
    expect(place.output('translations.md')).toContain('| German | Ihre Bestellung ist verschickt');
    const parent = manifestOf(place).job_id;
    const children = [...new Set(eventsOf(place, 'job.linked').map(({ data }) => String(data['job_id'])))];
    expect(manifestOf(place).costs.provider_calls).toBe(4);
    expect(place.runs().sort()).toEqual([parent, ...children].sort());
    const list = (await place.orch(['list'])).stdout.split('\n');
    for (const child of children) {
      expect(list.find((line) => line.includes(child))).toMatch(/^↳ .* translations (?:German|French)$/);
      const [started] = place.events(child);
      expect(started?.data['parent']).toMatchObject({ job_id: parent, step: 'translations' });
      const { code, stdout } = await place.orch(['show', child]);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/succeeded {2}translate .*\n.*succeeded {2}back /)]);
    }
    await expectNothingLeftToDo(place);
    expect(await place.orch(['verify'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('sub-job can be recorded whole: the replies of its sub-jobs are replies of the job', async (context) => {
    const place = copyOf('sub-job', context);
    await expectRun(place, ['job.yaml', ...replay]);
    const { code, stdout } = await place.orch(['record', 'latest', '--to', 'again']);
    expect([
      code,
      stdout
        .split('\n')
        .filter((line) => line.startsWith('again/'))
        .sort(),
    ]).toEqual([0, ['back.1', 'back.2', 'translate.1', 'translate.2'].map((name) => `again/${name}.json`)]);
  });

  test('sub-job, exported and imported elsewhere, is the latest run there, not one of its sub-jobs', async (context) => {
    const [home, away] = [copyOf('sub-job', context), openPlace(context)];
    await expectRun(home, ['job.yaml', ...replay]);
    expect(await home.orch(['export', '-o', away.path('run.tar.gz')])).toMatchObject({ code: 0, stderr: '' });
    expect(await away.orch(['import', 'run.tar.gz'])).toMatchObject({ code: 0, stderr: '' });
    expect(away.runs()).toEqual(home.runs());
    expect((await away.orch(['show', 'latest'])).stdout).toMatch(/^translations {2}job_/);
  });

  test('plan-then-do runs the steps that its plan asked for, and shows them as its own', async (context) => {
    const place = copyOf('plan-then-do', context);
    await expectRun(place, ['job.yaml', ...replay]);
    const added = ['write_tools', 'write_pouring', 'write_taste', 'guide'];
    expect(states(place)).toEqual(succeeded('plan', 'sections', ...added));
    expect(place.output('guide.md').match(/^## .+$/gm)).toEqual([
      '## What you need',
      '## Pouring',
      '## Sour or bitter',
    ]);
    const { stdout } = await place.orch(['show', 'latest']);
    for (const step of added) expect(stdout).toMatch(new RegExp(`^ +succeeded +${step} `, 'm'));
    expect(eventsOf(place, 'plan.extended')).toMatchObject([{ data: { by: 'sections', count: 4 } }]);
    await expectNothingLeftToDo(place);
    expect(await place.orch(['verify'])).toMatchObject({ code: 0, stderr: '' });
  });

  test('plan-then-do refuses a plan whose steps do not fit together, before any of them runs', async (context) => {
    const place = copyOf('plan-then-do', context);
    const recording = place.read('recordings', 'plan.1.json');
    place.write({ 'recordings/plan.1.json': recording.replace('[\\"tools\\"]', '[\\"taste\\",\\"tips\\"]') });
    const stdout = await expectRun(place, ['job.yaml', ...replay], 1);
    expect(stdout).toContain('steps.write_pouring.prompt: no step "write_tips"');
    expect(states(place)).toEqual({ plan: 'succeeded', sections: 'failed' });
  });

  test('module-step calls its function for a page only where the pages have changed', async (context) => {
    const place = copyOf('module-step', context);
    await expectRun(place, ['job.yaml']);
    expect(place.output('links.md')).toContain('- pages/index.md: 2 links\n  - broken: rules.md');
    await expectNothingLeftToDo(place);
    expect(await expectRun(place, ['job.yaml'])).toContain('2 of 2 items, 2 from the cache');
    place.write({ 'pages/rules.md': '# Rules\n\n## First\n' });
    expect(await expectRun(place, ['job.yaml'])).toContain('3 of 3 items');
    expect(place.output('links.md')).not.toContain('broken');
    expect(place.read('runs', 'latest', 'logs', 'links', 'pages', 'index.md.log')).toContain(
      'pages/index.md: 2 links, 0 of them broken',
    );
  });

  test('typescript-job is the same plan in TypeScript and in YAML, and runs the same', async (context) => {
    const place = copyOf('typescript-job', context);
    const results = [];
    for (const file of ['job.ts', 'job.yaml']) {
      await expectRun(place, [file, ...replay]);
      expect(states(place)).toEqual(succeeded('facts', 'letters', 'file'));
      results.push({ hash: manifestOf(place).plan_hash, text: place.output('announcement.md') });
      await expectNothingLeftToDo(place);
    }
    expect(results[0]).toEqual(results[1]);
    expect(results[0]?.text).toMatch(/^# Steep\n\nSteep listens .+\n\nSteep times .+\n$/);
    const { stdout } = await place.orch(['plan', 'job.ts', '--json', ...replay]);
    expect(JSON.parse(stdout)).toMatchObject({ planHash: results[0]?.hash });
  });

  test('failure-policies: each step ends as its policy says, and --resume does only what is missing', async (context) => {
    const place = copyOf('failure-policies', context);
    const stdout = await expectRun(place, ['job.yaml', ...replay], 1);
    const well = succeeded('flaky', 'slogan', 'motto', 'price', 'mirrors', 'mirror_list');
    const bad = { deploy: 'failed', announce: 'skipped', roll_back: 'succeeded', rate: 'failed' };
    expect(states(place)).toEqual({ ...well, ...bad });
    expect(manifestOf(place).steps).toMatchObject({ flaky: { attempts: 2 }, motto: { attempts: 2 } });
    expect(eventsOf(place, 'llm.request').filter(({ step }) => step === 'slogan')).toHaveLength(3);
    expect(eventsOf(place, 'reply.rejected')).toMatchObject([{ step: 'motto', data: { by: 'assert' } }]);
    expect(eventsOf(place, 'step.skipped')).toMatchObject([
      { step: 'announce', data: { reason: 'dependency_failed' } },
    ]);
    expect(place.events().at(-1)).toMatchObject({ type: 'job.failed', data: { error: { code: 'command_failed' } } });
    expect(place.output('price.txt')).toBe('Price: 12.00 (guessed: command_failed)');
    expect(place.output('mirrors.txt')).toBe('paris: succeeded\noslo: failed\nrome: succeeded\n');
    expect(stdout).toContain('2 of 3 items');

    const mended = [...replay, '--var', 'deploy=works', '--resume'];
    await expectRun(place, ['job.yaml', ...mended]);
    expect(states(place)).toEqual({
      ...well,
      ...succeeded('deploy', 'announce'),
      roll_back: 'skipped',
      rate: 'failed',
    });
    const resumedAt = place.events().findLastIndex(({ type }) => type === 'job.started');
    const again = place
      .events()
      .slice(resumedAt)
      .filter(({ type }) => type === 'step.started');
    expect(again.map(({ step }) => step)).toEqual(['deploy', 'announce']);
    expect(place.output('announcement.txt')).toBe('Slow down, sip up');
    await expectNothingLeftToDo(place);
  });
});
