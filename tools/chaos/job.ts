import { hash } from 'node:crypto';

/** A job and what stands beside it. Whatever it does comes to the same end every time. */
export type Job = {
  readonly name: string;
  readonly files: Readonly<Record<string, string>>;
  /** How many questions it asks of a person; 0 unless given. */
  readonly questions?: number | undefined;
};

export type Steps = Readonly<Record<string, unknown>>;

/** What the model says: the same to the same question, but some get what they need only from a later answer. */
export function answerTo(question: string, nth: number): string {
  const digest = hash('sha256', question).slice(0, 12);
  if (question.startsWith('Stubborn')) return nth === 0 ? 'I would rather not.' : JSON.stringify({ verdict: digest });
  if (question.startsWith('Never')) return 'Not so.';
  if (question.startsWith('Later')) return nth < 2 ? 'Not yet.' : `It is so: ${digest}.`;
  if (question.startsWith('Files')) return `\`\`\`told/${digest}.md\nTold ${digest}.\n\`\`\`\n`;
  if (question.startsWith('Long')) return `${digest} says it at length.\n`.repeat(400);
  return `Answer ${digest}.`;
}

/** What a person says. */
export type Decision = { readonly granted: boolean; readonly answer: string };

export function decisionOn(question: string): Decision {
  if (question.includes('Deny')) return { granted: false, answer: 'not that' };
  return { granted: true, answer: question.startsWith('Go on') ? 'yes' : `as to ${question.length} letters` };
}

/** Tells in `trace` when it begins and ends; while there is a file `linger`, it takes longer than any test waits. */
export function command(step: string, line: string): string {
  const note = (word: string): string => `echo ${word} ${step} "$ORCH_STEP_KEY" $$ >> trace`;
  return `${note('begin')}; if [ -e linger ]; then sleep 120; fi; ( ${line} ); code=$?; ${note('end')}; exit $code`;
}

export function job(
  name: string,
  steps: Steps,
  {
    files = {},
    questions,
    ...fields
  }: Pick<Job, 'questions'> & Partial<Pick<Job, 'files'>> & { durability?: string; provider?: Steps; mcp?: Steps } = {},
): Job {
  const spec = { project: name, provider: 'ollama:m', concurrency: 3, ...fields, steps };
  return { name, files: { ...files, 'job.yaml': asJson(spec) }, questions };
}

/** JSON is YAML too. */
export function asJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2);
}
