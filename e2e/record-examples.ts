// `npm run record:examples`: records the examples anew, after a prompt changed, with the replies they have.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LLMock } from '@copilotkit/aimock';
import type { ToolCall } from '@copilotkit/aimock';

type Example = {
  /** Which recording answers which question; the nth time, where more of them answer the same one. */
  readonly replies: readonly (readonly [file: string, question: RegExp, nth?: number])[];
  readonly runs?: readonly (readonly string[])[];
};

const examples: Readonly<Record<string, Example>> = {
  'failure-policies': {
    replies: [
      ['motto.1', /^A motto/, 0],
      ['motto.2', /^A motto/, 1],
      ['slogan.1', /^A slogan/, 0],
      ['slogan.2', /^A slogan/, 1],
      ['slogan.3', /^A slogan/, 2],
    ],
    runs: [['--var', 'deploy=works']],
  },
  'plan-then-do': {
    replies: [
      ['plan.1', /^Plan this text/],
      ['write_tools.1', /^Write the section "What you need"/],
      ['write_pouring.1', /^Write the section "Pouring"/],
      ['write_taste.1', /^Write the section "Sour or bitter"/],
    ],
  },
  'release-notes': { replies: [['draft.1', /^Write the notes/]] },
  'sub-job': {
    replies: [
      ['translate.1', /^Translate into German/],
      ['translate.2', /^Translate into French/],
      ['back.1', /^Translate from German/],
      ['back.2', /^Translate from French/],
    ],
  },
  'summarise-docs': {
    replies: [
      ['pages.1', /# Brewing/],
      ['pages.2', /# White tea/],
      ['pages.3', /# Storing/],
    ],
  },
  tools: {
    replies: [
      ['answer.1', /^A customer asks/, 0],
      ['answer.2', /^A customer asks/, 1],
      ['answer.3', /^A customer asks/, 2],
    ],
  },
  triage: {
    replies: [
      ['classify.1', /^Say what kind[^]*voucher/],
      ['classify.2', /^Say what kind[^]*CSV/],
      ['answer.1', /^Answer this ticket/],
    ],
    runs: [[], ['--var', 'ticket=tickets/export-format.md']],
  },
  'typescript-job': {
    replies: [
      ['facts.1', /^Three facts/],
      ['letters.1', /to engineers/],
      ['letters.2', /to managers/],
    ],
  },
};

const root = join(import.meta.dirname, '..');
const orch = join(root, 'tools', 'orch');
for (const [name, example] of Object.entries(examples)) await record(join(root, 'examples', name), example);

async function record(folder: string, { replies, runs = [[]] }: Example): Promise<void> {
  const kept = new Map(replies.map(([file]) => [readReply(join(folder, 'recordings', `${file}.json`)), file]));
  const mock = await startModel(folder, replies);
  const env = { ...process.env, OPENAI_BASE_URL: `${mock.url}/v1`, OPENAI_API_KEY: 'not-a-key-of-anybody' };
  const runsDir = mkdtempSync(join(tmpdir(), 'orch-record-'));
  const to = join(runsDir, 'recordings');
  for (const more of runs) {
    const run = spawn(orch, ['run', '--provider', 'openai:gpt-4o', '--runs-dir', runsDir, ...more], {
      cwd: folder,
      env,
    });
    const [code] = (await once(run, 'exit')) as [number | null];
    if (code !== 0 && code !== 3)
      throw new Error(`${folder}: expected the job to succeed or to wait, it ended with ${code}`);
    const { status, stderr } = spawnSync(orch, ['record', '--runs-dir', runsDir, '--to', to], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    for (const file of readdirSync(to)) keep(join(to, file), folder, kept);
  }
  await mock.stop();
  rmSync(runsDir, { recursive: true });
}

async function startModel(folder: string, replies: Example['replies']): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  for (const [file, question, nth] of replies) {
    const { reply } = readRecording(join(folder, 'recordings', `${file}.json`));
    const match = { userMessage: question, ...(nth === undefined ? {} : { sequenceIndex: nth }) };
    mock.on(match, { ...toAnswer(reply), model: 'hand-written' });
  }
  await mock.start();
  return mock;
}

/** A recording goes to where the same reply was before. */
function keep(file: string, folder: string, kept: ReadonlyMap<string, string>): void {
  const name = kept.get(readReply(file));
  if (name === undefined) throw new Error(`${file}: expected one of the replies of ${folder}`);
  renameSync(file, join(folder, 'recordings', `${name}.json`));
}

function toAnswer(reply: Recorded['reply']) {
  if (typeof reply === 'string') return { content: reply };
  const { text, tool_calls: toolCalls } = reply;
  return text === '' ? { toolCalls } : { content: text, toolCalls };
}

type Recorded = { readonly reply: string | { readonly text: string; readonly tool_calls: ToolCall[] } };

function readReply(file: string): string {
  return JSON.stringify(readRecording(file).reply);
}

function readRecording(file: string): Recorded {
  return JSON.parse(readFileSync(file, 'utf8')) as Recorded;
}
