import { createHider } from '@orch/secrets';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { explainResume } from '../index.ts';
import { each, jobOf, step } from '../testing/plan.ts';
import { reusedOf, resumeJob, runJob } from '../testing/run-job.ts';

const commandEnv = { PATH: process.env['PATH'] ?? '' };
const settings = { commandEnv, durability: 'relaxed', hider: createHider(['hunter2hunter2']) } as const;
const shell = (id: string, run: string, more: object = {}) => step(id, { kind: 'shell', fields: { run }, ...more });

const steps = [
  shell('c', 'echo out; echo err hunter2hunter2 >&2; exit 3', { on_failure: 'continue' }),
  shell('many', 'exit {{ item }}', { each: each('0', '4'), on_failure: 'continue' }),
  shell('tell', 'echo {{ steps.c.exit_code }} {{ steps.c.stderr | strip }}', { needs: ['c'] }),
  shell('codes', 'echo {% for one in steps.many.items %}{{ one.exit_code }} {% endfor %}', { needs: ['many'] }),
];

test('a command that failed tells its exit code and stderr, also when its failure stays as the run goes on', async () => {
  const { dir, result } = await runJob(steps, { ...settings, runsDir: tempDir() });
  expect(result.status).toBe('succeeded');
  const outputs = async () => {
    const { events } = await resumeJob(dir, steps, { ...settings, from: 'tell' });
    return events.flatMap(({ type, step: id, data }) =>
      type === 'step.succeeded' && (id === 'tell' || id === 'codes') ? [[id, data.output.inline]] : [],
    );
  };
  expect(await outputs()).toEqual([['tell', '3 err ***']]);
  const again = await resumeJob(dir, steps, settings);
  expect(reusedOf(again.events).toSorted()).toEqual(['codes', 'many', 'many/0', 'tell']);
  const plan = await explainResume(dir, jobOf(steps), settings);
  expect(plan.units.flatMap(({ step: id, will }) => (will === 'run' ? [id] : []))).toEqual([]);
});
