import type { EventData, EventType, Where } from '@orch/contracts';
import type { RunView, UnitView } from '../index.ts';
import { a, end, failure, jobStarted, request, response, start, success } from './sample-events.ts';

/** What an attempt of a run comes to with one step or item. */
export type Deed = {
  readonly does:
    | 'succeed'
    | 'reuse'
    | 'leave open'
    | 'retry'
    | 'fail'
    | 'fail unstarted'
    | 'fail again'
    | 'skip'
    | 'condition'
    | 'wait'
    | 'cancel';
  readonly step: string;
  readonly item: string | undefined;
  readonly inputHash: string;
};

export type AttemptScript = {
  readonly deeds: readonly Deed[];
  readonly ends: 'succeeded' | 'failed' | 'paused' | 'waiting' | 'died';
};

/** Appends an event and folds it into the state. */
export type Tell = <T extends EventType>(type: T, data: EventData[T], where?: Where) => void;

/** Tells the next attempt of a run as an engine would that knows no more of it than its state. */
export function playAttempt(run: RunView, tell: Tell, { deeds, ends }: AttemptScript): void {
  if (run.status === 'running') cancelRunning(run, tell, 'process_lost');
  tell('job.started', jobStarted(run.attempt + 1));
  for (const deed of deeds) play(run, tell, deed);
  if (ends === 'died') return;
  cancelRunning(run, tell, 'user');
  tell(`job.${ends}`, { ...end, ...moreOf[ends] });
}

const moreOf = {
  succeeded: {},
  failed: { error: failure },
  paused: { reason: 'interrupted' },
  waiting: { waiting_for: ['one'] },
} as const;

function cancelRunning(run: RunView, tell: Tell, reason: string): void {
  for (const [step, { status, items }] of run.steps) {
    for (const [item, { status: at }] of items) if (at === 'running') tell('step.canceled', { reason }, { step, item });
    if (status === 'running') tell('step.canceled', { reason }, { step });
  }
}

function play(run: RunView, tell: Tell, { does, step, item, inputHash }: Deed): void {
  const where = { step, ...(item !== undefined && { item }) };
  const found = run.steps.get(step);
  const unit = item === undefined ? found : found?.items.get(item);
  const state = unit === undefined || unit.carried ? 'pending' : unit.status;
  if (state !== 'pending' && state !== 'retrying') return;
  if (does === 'reuse') {
    if (unit?.success && state === 'pending')
      tell('step.skipped', { reason: 'resume', reused: [reusedOf(where, unit.success)] });
  } else if (does === 'fail again') {
    if (unit?.failure && state === 'pending') tell('step.failed', unit.failure.data, where);
  } else if (does === 'skip' || does === 'condition') {
    const reason = does === 'skip' ? 'dependency_failed' : does;
    if (state === 'pending') tell('step.skipped', { reason }, where);
  } else if (does === 'cancel') tell('step.canceled', { reason: 'user' }, where);
  else if (does === 'fail unstarted') tell('step.failed', { ...failure, attempt: 0 }, where);
  else if (does === 'wait') tell('step.waiting', { question: 'Again?', input_hash: inputHash }, where);
  else attempt(tell, { does, where, inputHash, number: (unit?.attempts ?? 0) + 1 });
}

function reusedOf(where: { step: string; item?: string }, { seq, data }: NonNullable<UnitView['success']>) {
  return { ...where, input_hash: data.input_hash, from_seq: seq };
}

/** Of more than a thousand bytes, with all that is written in another way than it reads. */
const longText = '"Ünï\\cödé","input_hash":"'.repeat(60);

type Attempt = { does: Deed['does']; where: { step: string; item?: string }; inputHash: string; number: number };

function attempt(tell: Tell, { does, where, inputHash, number }: Attempt): void {
  tell('step.started', start(number, inputHash), where);
  const id = `${where.step} ${where.item ?? ''} ${number}`;
  tell('llm.request', request(id), where);
  if (does === 'leave open') return;
  tell('llm.response', response(id), where);
  if (does === 'retry') tell('step.failed', { ...failure, attempt: number, will_retry: true }, where);
  else if (does === 'fail') tell('step.failed', { ...failure, attempt: number }, where);
  else {
    const file = { path: `outputs/notes/${where.step}.md`, sha256: a, size_bytes: 2 };
    tell('file.written', { ...file, wrote: true, reason: 'created' }, where);
    const done = success(a, inputHash);
    const output = { ...done.output, ...(where.step === 'two' && { inline: longText }) };
    tell('step.succeeded', { ...done, output }, where);
  }
}
