import type { EventType, FileRef, OrchEvent } from '@orch/contracts';
import type { BareEvent } from './log-event.ts';
import { moveRun } from './move.ts';
import type { Objection } from './move.ts';
import { cancelStep, expandStep, failStep, skipStep, startStep, succeedStep, waitStep } from './reduce-step.ts';
import { emptyUnit, stepOf } from './run-view.ts';
import type { RunView, UnitView, WrittenFile } from './run-view.ts';

type Reducers = { readonly [T in EventType]?: (run: RunView, event: OrchEvent<T>) => Objection };

/**
 * Folds one event into the state and returns that same state, changed in place: a log of any length folds in linear
 * time. Events must come in order. One that cannot follow goes to `misfits` and changes nothing else; types not known
 * here are passed over, so that a newer log can still be read.
 */
export function reduceRun(run: RunView, event: OrchEvent | BareEvent): RunView {
  const reduce = reducers[event.type as EventType] as ((run: RunView, event: BareEvent) => Objection) | undefined;
  const objection = reduce?.(run, event);
  if (objection !== undefined) run.misfits.push({ seq: event.seq, type: event.type, message: objection });
  run.seq = event.seq;
  run.ts = event.ts;
  return run;
}

const reducers: Reducers = {
  'job.started': startJob,
  'job.succeeded': (run, event) => endJob(run, event, 'succeeded'),
  'job.failed': failJob,
  'job.canceled': (run, event) => endJob(run, event, 'canceled'),
  'job.paused': (run, event) => endJob(run, event, 'paused'),
  'job.waiting': (run, event) => endJob(run, event, 'waiting'),
  'plan.extended': noteExtension,
  'job.linked': noteChild,
  'step.expanded': expandStep,
  'step.started': startStep,
  'step.succeeded': succeedStep,
  'step.failed': failStep,
  'step.skipped': skipStep,
  'step.waiting': waitStep,
  'step.canceled': cancelStep,
  'llm.request': countRequest,
  'llm.response': settleRequest,
  'cache.hit': countHit,
  'file.written': noteFile,
  'artifact.created': noteArtifact,
};

function startJob(run: RunView, { ts, job_id: jobId, data }: OrchEvent<'job.started'>): Objection {
  if (data.attempt !== run.attempt + 1) return `expected attempt ${run.attempt + 1}, got ${data.attempt}`;
  const died = run.attempt > 0 && run.status === 'running';
  const objection = died ? undefined : moveRun(run, 'running');
  if (objection !== undefined) return objection;
  run.jobId = jobId;
  run.project = data.project;
  run.task = data.task ?? undefined;
  run.provider = data.provider;
  run.orchVersion = data.orch_version;
  run.planHash = data.plan_hash;
  run.attempt = data.attempt;
  run.parent = data.parent ?? run.parent;
  run.startedAt ??= ts;
  run.attemptStartedAt = ts;
  run.finishedAt = run.durationS = undefined;
  run.failures = [];
  run.inDoubt += run.openRequests.size;
  run.openRequests.clear();
  for (const step of run.steps.values()) {
    carry(step);
    step.items.forEach(carry);
  }
  return undefined;
}

/** What succeeded is kept, everything else is decided anew. */
function carry(unit: UnitView): void {
  if (unit.status === 'pending') return;
  const { attempts, turns, asked, tries, lost, success, failure } = unit;
  if (unit.status === 'succeeded') unit.carried = true;
  else Object.assign(unit, emptyUnit(), { attempts, turns, asked, tries, lost, success, failure });
}

type JobEnd = 'job.succeeded' | 'job.failed' | 'job.canceled' | 'job.paused' | 'job.waiting';

function endJob(run: RunView, { ts, data }: OrchEvent<JobEnd>, to: RunView['status']): Objection {
  const objection = moveRun(run, to);
  if (objection !== undefined) return objection;
  run.finishedAt = ts;
  run.durationS = data.duration_s;
  return undefined;
}

function failJob(run: RunView, event: OrchEvent<'job.failed'>): Objection {
  const objection = endJob(run, event, 'failed');
  if (objection !== undefined) return objection;
  const { error } = event.data;
  const told = run.failures.some(({ code, message }) => code === error.code && message === error.message);
  if (!told) run.failures.push({ ...error, step: undefined, item: undefined, at: event.ts });
  return undefined;
}

function countRequest(run: RunView, { step, data }: OrchEvent<'llm.request'>): Objection {
  run.totals.providerCalls += 1;
  run.openRequests.add(data.request_id);
  if (step !== undefined) stepOf(run, step).providerCalls += 1;
  return undefined;
}

function settleRequest(run: RunView, { data }: OrchEvent<'llm.response'>): Objection {
  run.openRequests.delete(data.request_id);
  run.totals.tokensIn += data.tokens_in ?? 0;
  run.totals.tokensOut += data.tokens_out ?? 0;
  return undefined;
}

function countHit(run: RunView, { step }: OrchEvent<'cache.hit'>): Objection {
  if (step !== undefined) stepOf(run, step).cacheHits += 1;
  return undefined;
}

function noteFile(run: RunView, { ts, step, item, data }: OrchEvent<'file.written'>): Objection {
  const { path, sha256, size_bytes, wrote } = data;
  const stands = run.files.get(path);
  if (!wrote && stands?.sha256 === sha256) return undefined;
  const isOwn = stands !== undefined && stands.step === step && stands.item === item;
  const before = isOwn ? stands.before : refOf(stands);
  run.files.set(path, { path, sha256, size_bytes, step, item, createdAt: ts, before });
  return undefined;
}

function refOf(file: WrittenFile | undefined): FileRef | undefined {
  return file && { path: file.path, sha256: file.sha256, size_bytes: file.size_bytes };
}

function noteExtension(run: RunView, { step, item, data }: OrchEvent<'plan.extended'>): Objection {
  const { by, input_hash: inputHash, steps } = data;
  if (step !== by) return `expected the event at step ${by}, which added the steps`;
  run.extensions.set(item === undefined ? by : `${by}/${item}`, { step: by, item, inputHash, steps });
  return undefined;
}

function noteChild(run: RunView, { seq, step, item, data }: OrchEvent<'job.linked'>): Objection {
  if (step === undefined) return 'expected the event to name a step';
  const { job_id: jobId, input_hash: inputHash, costs = run.children.get(jobId)?.costs } = data;
  run.children.set(jobId, { jobId, step, item, inputHash, costs, seq });
  return undefined;
}

function noteArtifact(run: RunView, { data }: OrchEvent<'artifact.created'>): Objection {
  run.artifacts.set(data.digest, data);
  return undefined;
}
