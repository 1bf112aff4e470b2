import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
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

test.concurrent(
  'an imported run has the files of the project that its steps read, and goes on with them',
  async (context) => {
    const [home, away] = [openPlace(context), openPlace(context)];
    const model = await startModel(context, (asked) => `answer to ${asked}`);
    home.write({
      'jobs/job.yaml': {
        project: 'p',
        provider: 'ollama:m',
        steps: {
          pages: {
            each: { files: 'pages/*.md' },
            prompt: 'Page {{ item.text }}.',
            attachments: ['{{ item.path }}.txt'],
          },
          count: { run: 'cat data/*.csv ../more/m.csv | wc -l', reads: ['data/**', '../more/*.csv'] },
          child: { spec: '../child/job.yaml' },
          stop: { run: `test -e ${away.path('go')}`, needs: ['pages', 'count', 'child'], retry: 0 },
          late: { each: { files: 'pages/*.md' }, prompt: 'Late {{ item.text }}.', needs: ['stop'] },
          again: { run: 'cat data/a.csv', reads: ['data/a.csv'], needs: ['stop'] },
        },
      },
      'child/job.yaml': { steps: { read: { run: 'cat words.txt', reads: ['words.txt'] } } },
      'child/words.txt': 'words',
      'jobs/pages/1.md': 'One',
      'jobs/pages/1.md.txt': 'attached 1',
      'jobs/pages/2.md': 'Two',
      'jobs/pages/2.md.txt': 'attached 2',
      'jobs/data/a.csv': 'a\n',
      'jobs/data/deep/b.csv': 'b\n',
      'jobs/unread.txt': 'nobody reads me',
      'more/m.csv': 'm\n',
    });
    expect(await home.orch(['run', 'jobs/job.yaml'], model.env)).toMatchObject({ code: 1 });
    const exported = await home.orch(['export', 'latest', '-o', 'run.tar.gz']);
    expect([exported.code, exported.stderr]).toEqual([0, '']);
    renameSync(home.path('run.tar.gz'), away.path('run.tar.gz'));
    rmSync(home.dir, { recursive: true });
    expect(await away.orch(['import', 'run.tar.gz'])).toMatchObject({ code: 0 });
    const id = away.runs().find((name) => existsSync(away.path(`runs/${name}/inputs/files`))) ?? '';
    expect(readdirSync(away.path(`runs/${id}/inputs/files`), { recursive: true })).not.toContain('unread.txt');
    const planned = await away.orch(['resume', id, '--plan'], model.env);
    expect(planned.stdout).toContain('reused: 3 steps');
    away.write({ go: '' });
    const resumed = await away.orch(['resume', id], model.env);
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    expect(eventsOf(away, 'llm.request')).toHaveLength(4);
  },
);
