import { describe, entryOf, inside, pathOf, toJson } from '../source/written.ts';
import type { Entry } from '../source/written.ts';
import type { Problem } from '../source/problems.ts';
import type { Kind } from './kinds/kind.ts';
import { parseProvider } from './provider-choice.ts';
import type { Heading } from './read-step.ts';

type Checked = {
  readonly kind: string;
  readonly table: Kind;
  readonly written: ReadonlyMap<string, Entry>;
};

/** What the fields of a step ask of each other. */
export function checkStep(step: Checked, heading: Heading): void {
  const note: Note = (entry, what, problem) => {
    const message = `${what === 'step' ? heading.path : pathOf(heading.path, entry)}${problem.message}`;
    heading.problems.of(entry).add((problem.atValue ? entry.value.span : entry.keySpan)[0], { ...problem, message });
  };
  checkNeedsOne(step, heading, note);
  checkFlow(step, note);
  checkCache(step, heading, note);
  if (step.kind === 'llm') checkModel(step, note);
}

/** Notes a problem of a field, its message after the path of the step or of the field. */
type Note = (entry: Entry, what: 'step' | 'field', problem: Problem & { readonly atValue?: boolean }) => void;

function checkNeedsOne({ kind, table, written }: Checked, { path, offset, problems }: Heading, note: Note): void {
  const { needsOne, together } = table;
  const [, second] = needsOne.filter((key) => written.has(key));
  if (second !== undefined && together === undefined) {
    const given = needsOne.filter((key) => written.has(key));
    const got = given.length === 2 ? 'both' : 'all';
    note(written.get(second)!, 'step', {
      code: 'conflict',
      message: `: expected either ${given.join(' or ')}, got ${got}`,
    });
  }
  if (needsOne.length > 0 && !needsOne.some((key) => written.has(key))) {
    const message = `${path}: a step of kind ${kind} needs ${needsOne.join(' or ')}`;
    problems.add(offset, { code: 'missing', message });
  }
  const args = written.get('args');
  if (args !== undefined && Object.hasOwn(table.shape, 'args') && written.has('run')) {
    note(args, 'field', { code: 'conflict', message: ': goes with command, not with run' });
  }
}

function checkFlow({ written }: Checked, note: Note): void {
  const least = written.get('min_success');
  if (least === undefined) return;
  const policy = written.get('on_failure')?.value;
  const isContinued = policy?.type === 'unreadable' || (policy?.type === 'scalar' && policy.value === 'continue');
  if (written.has('each') && isContinued) return;
  note(least, 'field', { code: 'conflict', message: ': goes with each and on_failure: continue' });
}

/** What other runs may take must say what it is made from and what it makes. Replies of models say so themselves. */
function checkCache({ kind, table, written }: Checked, { path, problems }: Heading, note: Note): void {
  const entry = written.get('cache');
  const mode = entry?.value.type === 'scalar' ? entry.value.value : undefined;
  const isShared = mode === 'on' || mode === 'refresh';
  const version = written.get('code_version');
  if (version !== undefined && (!isShared || kind === 'llm')) {
    note(version, 'field', { code: 'conflict', message: ': goes with cache: on, of steps that ask no model' });
  }
  if (entry === undefined || !isShared || kind === 'llm') return;
  if (table.runsAlways !== undefined) {
    const message = `: expected auto or off, since ${table.runsAlways}, got ${describe(entry.value)}`;
    return note(entry, 'field', { code: 'bad_value', message, atValue: true });
  }
  for (const field of ['reads', 'writes'].filter((name) => !written.has(name))) {
    const message = `${inside(path, field)}: expected with cache: ${mode}, a list of globs, empty where there are none`;
    problems.of(entry).add(entry.value.span[0], { code: 'missing', message });
  }
}

function checkModel(step: Checked, note: Note): void {
  checkOutput(step, note);
  checkMessages(step, note);
  const rounds = step.written.get('tool_rounds');
  if (rounds !== undefined && !step.written.has('tools')) {
    note(rounds, 'field', { code: 'conflict', message: ': goes with tools' });
  }
  const model = step.written.get('model');
  const provider = step.written.get('provider');
  if (model === undefined || provider === undefined || provider.origin !== undefined) return;
  const named = toJson(provider.value);
  const choice = typeof named === 'string' ? parseProvider(named) : (named as { model?: string } | null);
  if (choice?.model === undefined) return;
  note(model, 'field', { code: 'conflict', message: ': the provider of this step names a model already' });
}

function checkOutput({ written }: Checked, note: Note): void {
  const output = written.get('output');
  const what = output?.value.type === 'scalar' ? output.value.value : undefined;
  if (output === undefined || !written.has('schema') || !['text', 'files', 'patch'].includes(String(what))) return;
  const message = `: a schema means output: json, got ${describe(output.value)}`;
  note(output, 'field', { code: 'conflict', message, atValue: true });
}

function checkMessages({ written }: Checked, note: Note): void {
  const entry = written.get('messages');
  const roles = entry?.value.type === 'list' ? entry.value.items.map((item) => entryOf(item, 'role')?.value) : [];
  const says = (role: Entry['value'] | undefined, who: string) => role?.type === 'scalar' && role.value === who;
  const system = written.get('system');
  if (system !== undefined && roles.some((role) => says(role, 'system'))) {
    note(system, 'field', { code: 'conflict', message: ': messages has one of role system already' });
  }
  const last = roles.at(-1);
  if (entry === undefined || last === undefined || (!says(last, 'system') && !says(last, 'assistant'))) return;
  const message = `: expected the last message to be one of the user, got ${describe(last)}`;
  note({ ...entry, value: last }, 'field', { code: 'bad_value', message, atValue: true });
}
