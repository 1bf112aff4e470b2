import { asJson, command, job } from './job.ts';
import type { Job } from './job.ts';

const oneMore = { tries: 1, backoff: 'fixed', base_s: 0.05, jitter: false };

/** Goes on without what fails: items, assertions, rounds, conditions. */
export function enduring(): Job {
  const tries = `[ {{ item }} != q ] || exit 4; [ {{ item }} != r ] || [ -e tried-r ] || { echo > tried-r; exit 1; }`;
  const soft = { on_failure: 'continue', retry: oneMore };
  return job('enduring', {
    list: { run: command('list', `printf '["p","q","r"]'`), output: 'json' },
    tries: { each: '{{ steps.list.output }}', ...soft, run: command('tries', `${tries}; echo did {{ item }}`) },
    strict: {
      ...{ each: ['Say', 'Stubborn', 'Never'], ...soft },
      ...{ prompt: '{{ item }} yes.', assert: { that: 'output contains "r" and output != "I would rather not."' } },
    },
    rounds: { prompt: 'Later, perhaps.', repeat_until: { that: 'output contains "It is so"', max: 4 } },
    never: { when: 'steps.list.output contains "z"', needs: ['list'], prompt: 'Never asked.' },
    bad: { on_failure: 'continue', run: command('bad', 'echo it went wrong >&2; exit 3') },
    end: {
      needs: [{ step: 'never', accept: ['succeeded', 'skipped'] }],
      write: { 'end.md': '{{ steps.tries.output }} {{ steps.strict.output }} {{ steps.bad.error.code }}\n' },
    },
    last: {
      each: { from: 'tries' },
      write: { 'did/{{ item.key }}.md': '{{ item.output }} {{ steps.rounds.output }}' },
    },
  });
}

/** Asks a person: about a step, about items, and from within a job of its own. One branch waits until all is answered. */
export function asking(): Job {
  const inner = { q: { question: 'Shall the inner one?' }, then: { prompt: 'Inner: {{ steps.q.output.answer }}' } };
  return job(
    'asking',
    {
      plan: { prompt: 'Plan it.' },
      aside: { run: command('aside', 'while [ ! -e answered ]; do sleep 0.02; done; echo aside') },
      go: { question: 'Go on with {{ steps.plan.output }}?', options: ['yes', 'no'] },
      parts: { each: ['u', 'Deny'], question: 'Part {{ item }}?', on_failure: 'continue' },
      inner: { spec: './inner.yaml' },
      build: { prompt: 'Build: {{ steps.go.output.answer }}' },
      made: { each: { from: 'parts' }, prompt: 'Made {{ item.key }}: {{ item.output.answer }}' },
      end: {
        needs: ['aside', 'inner'],
        write: { 'end.md': '{{ steps.build.output }} {{ steps.made.output }}\n' },
      },
    },
    { files: { 'inner.yaml': asJson({ project: 'inner', steps: inner }) }, questions: 4 },
  );
}

/** Jobs of a step and of items, which share a question, and one within one of them. */
export function nested(): Job {
  const child = {
    common: { prompt: 'Common ground.' },
    ask: { each: ['1', '2'], prompt: 'Child {{ item }} of {{ vars.topic }}.' },
    work: { stdin: '{{ vars.topic }} {{ steps.ask.output }}', run: command('work', 'cksum') },
    note: { write: { 'note.md': '{{ steps.common.output }} {{ steps.work.output }}\n' } },
  };
  const outer = {
    within: { spec: './child.yaml', vars: { topic: 'of {{ vars.topic }}' } },
    after: { prompt: 'After {{ steps.within.output.work }}' },
  };
  const jobOf = (project: string, steps: object): string => asJson({ project, vars: { topic: 'none' }, steps });
  return job(
    'nested',
    {
      first: { prompt: 'Name a topic.' },
      child: { spec: './child.yaml', vars: { topic: '{{ steps.first.output }}' } },
      many: { needs: ['child'], each: ['a', 'b'], spec: './child.yaml', vars: { topic: '{{ item }}' } },
      outer: { needs: ['child'], spec: './outer.yaml', vars: { topic: 'outer' } },
      beside: { each: [1, 2], prompt: 'Beside {{ item }}.' },
      end: {
        write: { 'end.md': '{{ steps.many.output }} {{ steps.outer.output.after }} {{ steps.child.output.work }}\n' },
      },
    },
    { files: { 'child.yaml': jobOf('child', child), 'outer.yaml': jobOf('outer', outer) } },
  );
}

/** A model that calls tools of a server, which keeps count, at a provider that takes few questions at once. */
export function serving(): Job {
  const server = `import { appendFileSync } from 'node:fs';
    import { createInterface } from 'node:readline';
    const answers = {
      initialize: () => ({ protocolVersion: '2025-06-18', capabilities: { tools: {} }, serverInfo: { name: 's', version: '1' } }),
      'tools/list': () => ({ tools: [{ name: 'use', inputSchema: { type: 'object', properties: { of: { type: 'string' } } } }] }),
      'tools/call': ({ arguments: { of } }) => {
        appendFileSync('used', of + '\\n');
        return { content: [{ type: 'text', text: 'used ' + of }] };
      },
    };
    for await (const line of createInterface({ input: process.stdin })) {
      const { id, method, params } = JSON.parse(line);
      if (id !== undefined) console.log(JSON.stringify({ jsonrpc: '2.0', id, result: answers[method](params) }));
    }\n`;
  const tools = ['s.use'];
  return job(
    'serving',
    {
      one: { prompt: 'One.', tools },
      many: { each: ['x', 'y', 'z', 'x'], prompt: 'With {{ item }}.', tools },
      plain: { each: [1, 2, 3], prompt: 'Plain {{ item }}.' },
      end: { write: { 'end.md': '{{ steps.one.output }} {{ steps.many.output }} {{ steps.plain.output }}\n' } },
    },
    {
      files: { 'server.mjs': server },
      provider: { name: 'ollama', model: 'm', limits: { max_parallel: 2 } },
      mcp: { s: { command: 'node', args: ['server.mjs'] } },
    },
  );
}

/** Steps that add steps, which add steps; items that each add one. */
export function growing(): Job {
  const grow = `export default async ({ steps, addSteps }) => {
    addSteps({
      say: { each: ['1', '2'], prompt: 'Say {{ item }} after ' + steps.first.output },
      more: { uses: './more.mjs' },
      sum: { needs: ['more'], write: { 'sum.md': '{{ steps.say.output }} {{ steps.more.output }}\\n' } },
    });
    return { added: 3 };
  };\n`;
  const more = `export default async ({ addSteps, write }) => {
    await write('more.md', 'more\\n');
    addSteps({ deep: { run: ${JSON.stringify(command('deep', 'echo deep'))} } });
    return 'more';
  };\n`;
  const own = `export default async ({ item, addSteps }) => {
    addSteps({ ['own-' + item]: { prompt: 'Own ' + item } });
    return item;
  };\n`;
  return job(
    'growing',
    {
      first: { prompt: 'Begin.' },
      grow: { needs: ['first'], uses: './grow.mjs' },
      each: { each: ['g', 'h', 'i'], uses: './own.mjs' },
      end: { write: { 'end.md': '{{ steps.grow.output }} {{ steps.each.output }}\n' } },
    },
    { files: { 'grow.mjs': grow, 'more.mjs': more, 'own.mjs': own } },
  );
}
