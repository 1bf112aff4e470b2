import type { Draw } from './draw.ts';
import { asking, enduring, growing, nested, serving } from './flow-jobs.ts';
import { command, job } from './job.ts';
import type { Job, Steps } from './job.ts';

export function allJobs(draw: Draw): readonly Job[] {
  const flow = [enduring(), asking(), nested(), growing(), serving()];
  return [chain(), diamond(), commands(), writers(), failing(), ...flow, layered(draw)];
}

/** One after the other, lists in between, outputs too large for a line of the log. */
function chain(): Job {
  return job('chain', {
    list: { run: command('list', `printf '["a","b","c"]'`), output: 'json' },
    ask: { each: '{{ steps.list.output }}', prompt: 'Tell of {{ item }}.' },
    note: { each: { from: 'ask' }, write: { 'notes/{{ item.key }}.md': '{{ item.output }}' } },
    long: { prompt: 'Long: {{ steps.note.items.size }} notes.' },
    sum: { stdin: '{{ steps.long.output }}', run: command('sum', 'cksum') },
    end: { write: { 'end.md': '{{ steps.sum.output }}\n{{ steps.ask.output }}' } },
  });
}

/** Four topics, of which two are the same question, taken two ways and joined. */
function diamond(): Job {
  return job('diamond', {
    topics: { each: ['x', 'y', 'x', 'z'], prompt: 'Topic {{ item }}.' },
    left: { each: { from: 'topics' }, prompt: 'Left of {{ item.output }}' },
    right: {
      each: { from: 'topics' },
      stdin: '{{ item.output }}',
      run: command('right', 'cksum; echo {{ item.key }}'),
    },
    join: { write: { 'join.md': '{{ steps.left.output }}\n{{ steps.right.output }}\n' } },
    last: { needs: ['join'], prompt: 'Long sum of {{ steps.left.items.size }}.' },
  });
}

/** Commands that write files, take their time, fail at first, or are shared with other runs. */
function commands(): Job {
  const put = (path: string, text: string): string =>
    `mkdir -p {{ run.outputs }}/made; echo ${text} > draft-${path}; mv draft-${path} {{ run.outputs }}/made/${path}`;
  return job(
    'commands',
    {
      one: { run: command('one', put('one.txt', 'one')), writes: ['made/one.txt'] },
      two: { needs: ['one'], run: command('two', put('two.txt', 'two')), writes: ['made/two.txt'] },
      many: { each: ['p', 'q', 'r', 's'], run: command('many', 'echo many {{ item }}') },
      flaky: {
        needs: ['many'],
        retry: { tries: 2, backoff: 'fixed', base_s: 0.05, jitter: false },
        run: command('flaky', '[ -e tried ] || { echo > tried; exit 1; }; echo fine'),
      },
      shared: {
        ...{ needs: ['two'], cache: 'on', reads: ['data.txt'], writes: ['made/shared.txt'] },
        run: command('shared', put('shared.txt', '"$(cat data.txt)"')),
      },
      said: { needs: ['flaky', 'shared'], prompt: 'Short: {{ steps.flaky.output }}.' },
    },
    { files: { 'data.txt': 'data\n' } },
  );
}

/** Every other way to write: a module that appends, a model's files, one file written by two, an answer that is no use. */
function writers(): Job {
  const report = `export default async ({ steps, write }) => {
    await write('report/verdict.md', 'The verdict is ' + steps.judge.output.verdict + '.\\n');
    await write('shared.md', 'appended\\n', 'append');
    return { files: steps.told.files.length };
  };\n`;
  const retry = { tries: 2, backoff: 'fixed', base_s: 0.05, jitter: false };
  return job(
    'writers',
    {
      first: { write: { 'shared.md': 'first\n', 'first.md': 'only the first\n' } },
      judge: { prompt: 'Stubborn as ever.', schema: { verdict: 'string' }, retry },
      told: { each: ['k', 'l', 'm'], prompt: 'Files of {{ item }}.', output: 'files' },
      report: { needs: ['first', 'judge', 'told'], uses: './report.mjs' },
      last: { needs: ['report'], write: { 'first.md': 'by the last: {{ steps.report.output }}\n' } },
    },
    { files: { 'report.mjs': report } },
  );
}

/** Ends with a failure, when nothing else runs. */
function failing(): Job {
  return job('failing', {
    ask: { each: [1, 2], prompt: 'Number {{ item }}.' },
    keep: { each: { from: 'ask' }, write: { 'kept/{{ item.key }}.md': '{{ item.output }}' } },
    bad: { needs: ['keep'], run: command('bad', 'echo it went wrong >&2; exit 3') },
    after: { needs: ['bad'], prompt: 'Never asked.' },
  });
}

/** Three layers of three steps of random kinds, each of which needs some of the layer above; nothing is synced. */
function layered(draw: Draw): Job {
  const ids = [1, 2, 3].map((layer) => ['a', 'b', 'c'].map((name) => `${name}${layer}`));
  const steps = ids.flatMap((layer, at) =>
    layer.map((id): [string, unknown] => {
      const needs = at === 0 ? [] : [...new Set([draw.oneOf(ids[at - 1]!), draw.oneOf(ids[at - 1]!)])];
      return [id, { needs, ...randomStep(id, needs, draw) }];
    }),
  );
  return job('layered', Object.fromEntries(steps), { durability: 'relaxed' });
}

function randomStep(id: string, needs: readonly string[], draw: Draw): Steps {
  const seen = needs.map((need) => `{{ steps.${need}.output }}`).join(' ');
  return draw.oneOf<Steps>([
    { prompt: `${draw.oneOf(['Say', 'Long', 'Ask'])} ${id}: ${seen}` },
    { each: ['i', 'j', 'i'], prompt: `Each {{ item }} of ${id}: ${seen}` },
    { stdin: `${id} ${seen}`, run: command(id, 'cksum') },
    { each: [1, 2, 3], stdin: `{{ item }} ${seen}`, run: command(id, 'cksum') },
    { write: { [`${id}.md`]: `${id}: ${seen}\n` } },
  ]);
}
