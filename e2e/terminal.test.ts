import { spawnSync } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import type { TestContext } from 'vitest';
import { launcher, logged, openPlace, start } from './orch.ts';
import type { Place } from './orch.ts';
import { openPipe } from './pipe.ts';

const colour = /\u001b\[/;

describe.concurrent('what a person sees', () => {
  test('commands and flags that are not built are absent from --help', async (context) => {
    const place = openPlace(context);
    const { code, stdout, stderr } = await place.orch(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const named = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    const running = ['run', 'resume', 'cancel', 'approve'];
    const writing = ['init', 'validate', 'plan', 'graph', 'schema'];
    const looking = ['show', 'why', 'diff', 'list', 'tail', 'record', 'verify', 'export', 'import'];
    const around = ['doctor', 'models', 'cache'];
    const pipelines = ['pipelines', 'software', 'review', 'docs', 'refactor'];
    expect(named).toEqual([...running, ...writing, ...looking, ...around, ...pipelines]);
    expect(stdout).not.toMatch(/not built/i);
    const help = await place.orch(['run', '--help']);
    expect(help.code).toBe(0);
    const resuming = [
      '--resume',
      '--from',
      '--retry-failed',
      '--frozen',
      '--plan',
      '--fail-fast',
      '--strict',
      '--force',
    ];
    for (const flag of ['--provider', '--var', '--runs-dir', '--only', '--limit', '--spec', '--json', ...resuming]) {
      expect(help.stdout).toContain(flag);
    }
  });

  test('no colour where standard output is no terminal', async (context) => {
    const place = openPlace(context);
    place.write({
      'job.yaml': 'steps:\n  a: { run: "true" }\n  b: { run: "exit 1", retry: { tries: 1, base_s: 0 } }\n',
    });
    const run = await place.orch(['run'], { TERM: 'xterm-256color', COLORTERM: 'truecolor' });
    const error = await place.orch(['run', 'missing.yaml'], { TERM: 'xterm-256color' });
    expect([run.code, error.code]).toEqual([1, 2]);
    expect(run.stdout + run.stderr + error.stdout + error.stderr).not.toMatch(colour);
  });

  const hasTmux = spawnSync('tmux', ['-V']).status === 0;

  test.skipIf(!hasTmux)('colour in a terminal, unless NO_COLOR is set (needs tmux)', async (context) => {
    const place = openPlace(context);
    place.write({ 'job.yaml': 'steps:\n  a: { run: "true" }\n' });
    const screen = openScreen(place, context);
    const orch = `"${launcher}"`;
    await screen.run(`${orch} run; echo =====; NO_COLOR=1 ${orch} show; ${screen.over}; exec cat`);
    await screen.waitOver();
    const [withColour = '', without = ''] = (await screen.look('-e')).split('=====');
    expect(withColour).toContain('succeeded');
    expect(withColour).toMatch(colour);
    expect(without).toContain('succeeded');
    expect(without).not.toMatch(colour);
  });

  test.skipIf(!hasTmux)('a question is asked in the terminal while other steps go on (needs tmux)', async (context) => {
    const place = openPlace(context);
    const pipe = openPipe(place, context);
    const agree = { question: 'Ship it?', options: ['ship', 'hold'] };
    const steps = {
      agree,
      slow: { run: 'read -r _ < go; echo released' },
      keep: { write: { 'a.md': '{{ steps.agree.output.answer }}' } },
      later: { question: 'And then?', needs: ['keep', 'slow'] },
    };
    place.write({ 'job.yaml': { project: 'p', steps } });
    const screen = openScreen(place, context);
    await screen.run(`"${launcher}" run; echo "exit $?"; ${screen.over}; exec cat`);
    await screen.shows(/2 +hold[^]*\n> $/);
    await screen.type('2', 'Enter');
    await logged(place, 'step.succeeded', 'keep');
    pipe.release();
    await screen.shows(/later asks: And then\?[^]*\n> $/);
    expect(place.events().filter(({ type }) => type === 'job.started')).toHaveLength(1);
    await screen.type('C-c');
    await screen.waitOver();
    expect(await screen.look()).toMatch(/orch approve job_\w+ later {2}or --answer TEXT, or --reject\n[^]*exit 3/);
    expect(place.output('a.md')).toBe('hold');
  });
});

/** A terminal of 120 × 60 that a program runs in. */
function openScreen(place: Place, context: TestContext) {
  const env = { TMUX_TMPDIR: place.dir, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
  const tmux = async (...args: string[]): Promise<string> => {
    const ended = await start(['tmux', '-u', '-L', 'orch', '-f', '/dev/null', ...args], { cwd: place.dir, env }).ended;
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    return ended.stdout;
  };
  context.onTestFinished(
    () => void spawnSync('tmux', ['-L', 'orch', 'kill-server'], { env: { ...process.env, ...env } }),
  );
  const look = async (...flags: string[]): Promise<string> => (await tmux('capture-pane', '-p', ...flags)).trimEnd();
  return {
    /** For the end of the line that is run, so that `waitOver` resolves. */
    over: 'tmux -L orch wait-for -S over',
    waitOver: () => tmux('wait-for', 'over'),
    run: (line: string) => tmux('new-session', '-d', '-x', '120', '-y', '60', line),
    type: (...keys: string[]) => tmux('send-keys', ...keys),
    look,
    shows: (form: RegExp) => vi.waitFor(async () => expect(`${await look()} `).toMatch(form), 20_000),
  };
}
