import { renameSync, rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { startModel } from './model-server.ts';
import { openPlace } from './orch.ts';
import { eventsOf, resultOf } from './steps.ts';

test.concurrent(
  'an imported run resumes where nothing of its job is: prompt files, modules and what they import',
  async (context) => {
    const [home, away] = [openPlace(context), openPlace(context)];
    const model = await startModel(context, (asked) => `answer to ${asked}`);
    home.write({
      'jobs/job.yaml': {
        project: 'p',
        provider: 'ollama:m',
        steps: {
          ask: { prompt_file: './prompts/ask.md' },
          stop: { run: `test -e ${away.path('go')}`, needs: ['ask'], retry: 0 },
          then: { prompt_file: './prompts/then.md' },
          code: { uses: './steps/code.mjs' },
        },
      },
      'jobs/prompts/ask.md': 'Ask.',
      'jobs/prompts/then.md': 'Then {{ steps.ask.output }} {{ steps.stop.status }}',
      'jobs/steps/code.mjs': "import { two } from '../lib/two.mjs';\nexport default () => two;",
      'jobs/lib/two.mjs': 'export const two = 2;',
    });
    expect(await home.orch(['run', 'jobs/job.yaml'], model.env)).toMatchObject({ code: 1 });
    expect(await home.orch(['export', 'latest', '-o', 'run.tar.gz'])).toMatchObject({ code: 0 });
    renameSync(home.path('run.tar.gz'), away.path('run.tar.gz'));
    rmSync(home.dir, { recursive: true });
    away.write({ go: '' });
    expect(await away.orch(['import', 'run.tar.gz'])).toMatchObject({ code: 0 });
    const [id = ''] = away.runs();
    const resumed = await away.orch(['resume', id], model.env);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(resultOf(away, 'then')).toBe('answer to Then answer to Ask. succeeded');
    expect(eventsOf(away, 'llm.request')).toHaveLength(2);
    expect(eventsOf(away, 'step.skipped').at(-1)?.data).toMatchObject({ reason: 'resume' });
    expect(await away.orch(['verify', id])).toMatchObject({ code: 0 });
  },
);
