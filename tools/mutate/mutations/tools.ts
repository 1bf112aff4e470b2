import type { Mutation } from '../mutation.ts';

const engine = 'packages/engine/src';
const mcp = 'packages/mcp/src';
const loop = [`${engine}/kinds/llm-tools.test.ts`];

/** Tools that models call, and their servers. */
export const toolMutations: readonly Mutation[] = [
  {
    name: 'tool-called-unsynced',
    breaks: 'a tool has effects of which the log knows nothing after a power cut',
    file: `${engine}/attempt/call-tool.ts`,
    replace: "await run.journal.append('tool.called'",
    by: "run.journal.push('tool.called'",
    tests: loop,
  },
  {
    name: 'tool-called-again',
    breaks: 'a tool that has returned is called again after a kill',
    file: `${engine}/attempt/call-tool.ts`,
    replace: 'if (returned !== undefined) {',
    by: 'if (returned !== undefined && call === "") {',
    tests: loop,
  },
  {
    name: 'tool-answers-not-hidden',
    breaks: 'what a tool says is kept and told to the model with its secrets',
    file: `${engine}/attempt/call-tool.ts`,
    replace: 'const result = hideValue(answered, run.hider);',
    by: 'const result = answered;',
    tests: loop,
  },
  {
    name: 'tool-any-arguments',
    breaks: 'a tool is called with arguments that it does not take',
    file: `${engine}/kinds/llm-tools.ts`,
    replace: "parseJson(text, { ...schema, type: 'object' })",
    by: "parseJson(text, { type: 'object' })",
    tests: loop,
  },
  {
    name: 'tool-cut-before-hidden',
    breaks: 'half a secret stands at the end of what a tool says',
    file: `${mcp}/read-result.ts`,
    replace: "cut(hide(texts.join('\\n').toWellFormed()))",
    by: "hide(cut(texts.join('\\n').toWellFormed()))",
    tests: [`${mcp}/stdio.test.ts`],
  },
  {
    name: 'tool-server-alone',
    breaks: 'what a server of tools has started outlives the run',
    file: `${mcp}/stdio-transport.ts`,
    replace: 'await stopGroup(pgid, grace.term);',
    by: "child.kill('SIGKILL');",
    tests: [`${mcp}/leftovers.test.ts`],
  },
  {
    name: 'tool-environment-of-orch',
    breaks: 'a server of tools sees the environment of orch',
    file: `${mcp}/stdio-transport.ts`,
    replace: 'const whole = { ...this.#around.env,',
    by: 'const whole = { ...process.env, ...this.#around.env,',
    tests: [`${mcp}/stdio.test.ts`],
  },
];
