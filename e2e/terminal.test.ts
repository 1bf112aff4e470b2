import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { launcher, openPlace, start } from './orch.ts';

const colour = /\u001b\[/;

describe.concurrent('what a person sees', () => {
  test('commands and flags that are not built are absent from --help', async (context) => {
    const place = openPlace(context);
    const { code, stdout, stderr } = await place.orch(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const named = [...stdout.matchAll(/^ {2}([a-z]+) /gm)].map(([, name]) => name);
    const running = ['run', 'resume', 'cancel', 'approve'];
    const looking = ['show', 'why', 'diff', 'list', 'tail', 'record', 'verify', 'export', 'import', 'cache'];
    expect(named).toEqual([...running, ...looking]);
    expect(stdout).not.toMatch(/not built/i);
    const help = await place.orch(['run', '--help']);
    expect(help.code).toBe(0);
    const resuming = ['--resume', '--from', '--retry-failed', '--frozen', '--plan', '--fail-fast'];
    for (const flag of ['--provider', '--var', '--runs-dir', '--only', '--limit', '--spec', '--json', ...resuming]) {
      expect(help.stdout).toContain(flag);
    }
    expect(help.stdout).not.toMatch(/--(strict|force)\b/);
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
    const env = { TMUX_TMPDIR: place.dir, TERM: 'xterm-256color', LANG: 'C.UTF-8' };
    const tmux = async (...args: string[]): Promise<string> => {
      const ended = await start(['tmux', '-u', '-L', 'orch', '-f', '/dev/null', ...args], { cwd: place.dir, env })
        .ended;
      expect(ended).toMatchObject({ code: 0, stderr: '' });
      return ended.stdout;
    };
    const orch = `"${launcher}"`;
    const line = `${orch} run; echo =====; NO_COLOR=1 ${orch} show; tmux -L orch wait-for -S over; exec cat`;
    await tmux('new-session', '-d', '-x', '120', '-y', '60', line);
    context.onTestFinished(
      () => void spawnSync('tmux', ['-L', 'orch', 'kill-server'], { env: { ...process.env, ...env } }),
    );
    await tmux('wait-for', 'over');
    const [withColour = '', without = ''] = (await tmux('capture-pane', '-p', '-e')).split('=====');
    expect(withColour).toContain('succeeded');
    expect(withColour).toMatch(colour);
    expect(without).toContain('succeeded');
    expect(without).not.toMatch(colour);
  });
});
