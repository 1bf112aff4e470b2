import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { verifyLog } from '../packages/events/src/index.ts';
import { launcher, openPlace, start } from './orch.ts';
import type { Ended, Place } from './orch.ts';

/** A mount namespace of one's own, in which a small or read-only disc can be mounted; gone with its last process. */
const namespace = ['unshare', '--user', '--map-root-user', '--mount'];
const canMount = isPossible([...namespace, 'sh', '-c', 'mount -t tmpfs -o size=1m none /mnt']);

/** Who runs orch here is not allowed everything. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const unprivileged = isRoot ? ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups'] : [];
const canBeRefused = isPossible([...unprivileged, launcher, '--version']);

const job = {
  project: 'p',
  steps: {
    small: { run: 'echo small', retry: 0 },
    large: { run: 'printf %0120000d 1', retry: 0, needs: ['small'] },
    more: { run: 'printf %0120000d 2', retry: 0, needs: ['large'] },
    use: { run: 'echo {{ steps.large.output | size }} {{ steps.more.output | size }}', needs: ['more'] },
  },
};

describe.skipIf(!canMount)('on a disc that is full', { concurrent: true }, () => {
  test.for([
    ['before the run begins', 0],
    ['while it begins', 16],
    ['among its steps', 60],
    ['at an output', 180],
  ] as const)('%s, orch says so, leaves a whole log, and goes on when there is room', async ([_, free], context) => {
    const place = openPlace(context);
    place.write({ 'job.json': job });
    const fill = `cat /dev/zero > rest 2> /dev/null; truncate -s -${free}K rest`;
    expect(await runShortOfRoom(place, fill)).toMatch(/^[12]: .*(no space left|full)/s);
  });

  test('at the log, orch ends with that, leaves a whole log, and goes on when there is room', async (context) => {
    const place = openPlace(context);
    const fill = { run: 'cat /dev/zero > rest 2> /dev/null; true' };
    const many = Array.from({ length: 30 }, (_, at) => [`s${at}`, { run: 'true', needs: ['fill'] }] as const);
    place.write({ 'job.json': { project: 'p', steps: { fill, ...Object.fromEntries(many) } } });
    expect(await runShortOfRoom(place, 'true')).toMatch(/^2: .*Could not write to .*events\.jsonl/s);
  });

  /** Runs the job on a disc of 1 MB that something fills; then, with room again, to its end. Returns what it said first. */
  async function runShortOfRoom(place: Place, fill: string): Promise<string> {
    place.write({
      'script.sh': `
        mkdir disc && mount -t tmpfs -o size=1m none disc && cd disc && cp ../job.json .
        ${fill}
        $ORCH run job.json > ../said 2>&1; echo $? > ../code
        cp -r runs ../left
        rm -f rest
        $ORCH run job.json --resume > ../again 2>&1; echo $? > ../again.code
        $ORCH verify > ../verified 2>&1; echo $? > ../verified.code`,
    });
    await inNamespace(place);
    const said = place.read('said');
    expect(said).not.toMatch(/^ {4}at |defect of orch/m);
    for (const log of logsIn(place.path('left'))) expect(await verifyLog(log)).toMatchObject({ ok: true });
    const codes = ['again', 'verified'].map((name) => [place.read(name), place.read(`${name}.code`)]);
    expect(codes).toEqual(codes.map(([text]) => [text, '0\n']));
    return `${place.read('code').trim()}: ${said}`;
  }
});

describe.skipIf(!canMount)('on a disc that is read-only', { concurrent: true }, () => {
  test('orch tells what it can read, refuses to go on, and changes nothing', async (context) => {
    const place = openPlace(context);
    place.write({
      'disc/job.json': job,
      'script.sh': `
        cd disc; $ORCH run job.json > /dev/null; cp runs/latest/events.jsonl ../before
        mount --bind . . && mount -o remount,ro,bind . && cd ../disc
        for command in "show" "verify" "resume --plan" "resume" "cancel latest" "run job.json"; do
          $ORCH $command > ../out 2> ../err; echo "$command: $?" >> ../codes
          cat ../err >> ../errs
        done
        cp runs/latest/events.jsonl ../after`,
    });
    await inNamespace(place);
    expect(place.read('codes').trim().split('\n')).toEqual([
      ...['show: 0', 'verify: 0', 'resume --plan: 0'],
      ...['resume: 2', 'cancel latest: 2', 'run job.json: 2'],
    ]);
    expect(place.read('errs')).not.toMatch(/^ {4}at |defect of orch/m);
    expect(place.read('after')).toBe(place.read('before'));
  });
});

describe.skipIf(!canBeRefused)('without permission', { concurrent: true }, () => {
  test('for the runs folder, nothing is run, and another one is suggested', async (context) => {
    const place = ownedBy(nobody, context);
    mkdirSync(place.path('runs'));
    chmodSync(place.path('runs'), 0o555);
    const { code, stderr } = await asNobody(place, ['run', 'job.json']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/runs(.|\n)*--runs-dir/)]);
    expect(readdirSync(place.path('runs'))).toEqual([]);
  });

  test('for the folder of a run, it can be shown, but not gone on with; its log stays as it is', async (context) => {
    const place = ownedBy(nobody, context);
    await asNobody(place, ['run', 'job.json', '--only', 'small']);
    const [id = ''] = place.runs();
    const log = place.read('runs', id, 'events.jsonl');
    spawnSync('chmod', ['-R', 'a-w', place.path('runs', id)]);
    const shown = await asNobody(place, ['show', id]);
    const { code, stderr } = await asNobody(place, ['resume', id]);
    spawnSync('chmod', ['-R', 'u+w', place.path('runs', id)]);
    expect([shown.code, code, stderr]).toEqual([0, 2, expect.stringContaining(id)]);
    expect(stderr).not.toMatch(/^ {4}at |defect of orch/m);
    expect(place.read('runs', id, 'events.jsonl')).toBe(log);
    expect((await asNobody(place, ['resume', id])).code).toBe(0);
  });

  test('that is lost on the way, the step fails with what was refused, and a resume goes on when it is back', async (context) => {
    const place = ownedBy(nobody, context);
    const wall = { run: 'test -e go || chmod 555 {{ run.dir }}/artifacts', needs: ['small'] };
    const steps = { ...job.steps, wall, large: { ...job.steps.large, needs: ['wall'] } };
    place.write({ 'job.json': { ...job, steps } });
    const { code, stdout } = await asNobody(place, ['run', 'job.json']);
    expect([code, stdout]).toEqual([1, expect.stringMatching(/artifacts/)]);
    const [id = ''] = place.runs();
    expect(await verifyLog(place.path('runs', id, 'events.jsonl'))).toMatchObject({ ok: true });
    expect(place.events(id).at(-1)).toMatchObject({ type: 'job.failed', data: { error: { code: 'io' } } });
    chmodSync(place.path('runs', id, 'artifacts'), 0o755);
    place.write({ go: '' });
    expect((await asNobody(place, ['resume', id])).code).toBe(0);
  });
});

function isPossible([file = '', ...args]: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore' }).status === 0;
}

/** Runs `script.sh` to its end, where it may mount what it likes. */
async function inNamespace(place: Place): Promise<void> {
  const env = { ORCH: launcher };
  const { code, stderr } = await start([...namespace, 'sh', 'script.sh'], { cwd: place.dir, env }).ended;
  expect([code, stderr]).toEqual([0, '']);
}

/** A place with the job, in which that user may do everything. */
function ownedBy(uid: number, context: TestContext): Place {
  const place = openPlace(context);
  writeFileSync(place.path('job.json'), JSON.stringify(job));
  if (isRoot) for (const path of [place.dir, place.path('job.json')]) chownSync(path, uid, uid);
  return place;
}

function asNobody(place: Place, args: readonly string[]): Promise<Ended> {
  return start([...unprivileged, launcher, ...args], { cwd: place.dir }).ended;
}

/** The logs of the runs in a folder, those that are empty left out. */
function logsIn(runs: string): string[] {
  if (!existsSync(runs)) return [];
  const logs = readdirSync(runs).map((name) => join(runs, name, 'events.jsonl'));
  return logs.filter((log) => existsSync(log) && readFileSync(log).length > 0);
}
