import { join, relative } from 'node:path';
import { OrchError, err, ok } from '@orch/contracts';
import type { Answer, Digest, FileRef, PlanStep, Result, StepHost, StepScope, WriteMode } from '@orch/contracts';
import { hidesNothing } from '@orch/secrets';
import type { TakeFile } from './child-result.ts';
import { callTool, listTools } from './call-tool.ts';
import { runChild } from './child-run.ts';
import { exchange } from '../exchange/exchange.ts';
import { hideContent, hidingBlobs } from '../run/hiding-blobs.ts';
import type { Tally } from '../exchange/purchase.ts';
import { threadWith } from '../questions/questions.ts';
import { goneBlob } from '../resume/reuse.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunContext } from '../run/run-context.ts';
import { openStepLog } from './step-log.ts';

export type HostedAttempt = {
  readonly step: PlanStep;
  readonly item: string | undefined;
  readonly attempt: number;
  readonly scope: StepScope;
  readonly inputHash: Digest;
  readonly signal: AbortSignal;
  /** By the monotonic clock. */
  readonly deadline: number | undefined;
};

/** The host of one attempt, with what it wrote and spent so far. */
export type OpenHost = {
  readonly host: StepHost;
  readonly written: Map<string, FileRef>;
  readonly tally: Tally;
  /** Its questions ask for this sample or a later one from now on, and for none of these answers. */
  readonly passOver: (first: number, answers: readonly Answer[]) => void;
  readonly close: () => void;
};

export function openHost(run: RunContext, attempt: HostedAttempt): OpenHost {
  const { step, item, signal } = attempt;
  const where = { step: step.id, item };
  const log = openStepLog(() => run.paths.log(step.id, item), run.hider);
  const written = new Map<string, FileRef>();
  const tally: Tally = { calls: 0, tokensIn: 0, tokensOut: 0 };
  let isOver = false;
  const over = () => new OrchError('canceled', `Step ${step.id} was ended before it asked for this.`);
  const wanted = { first: 0, passed: new Set<Digest>() };
  const asker = {
    ...{ ...where, cache: step.cache, signal, deadline: attempt.deadline, log: log.write, tally },
    ...{ provider: step.provider, wanted },
  };
  const host: StepHost = {
    ...where,
    attempt: attempt.attempt,
    key: attempt.inputHash,
    signal,
    writes: step.writes,
    clock: run.clock,
    blobs: hidingBlobs(run.blobs, run.hider),
    scope: attempt.scope,
    dirs: { job: run.job.jobDir, run: run.paths.dir, outputs: run.outputs },
    commandEnv: run.commandEnv,
    approval: threadWith(run.leftovers.questions.own(where), attempt.inputHash)?.decision,
    runJob(job) {
      const take: TakeFile = (path, content) => host.write(join(folderOf(run, where), path), content);
      return isOver ? Promise.reject(over()) : runChild(run, job, { ...attempt, where, tally, take });
    },
    emit: (type, data) => (isOver ? Promise.reject(over()) : run.journal.append(type, data, where)),
    ask: (question) => (isOver ? Promise.resolve(err(over())) : exchange(run, question, asker)),
    tools: { list: (server, until) => (isOver ? Promise.reject(over()) : listTools(run, server, until)) },
    callTool: (call) => (isOver ? Promise.resolve(err(over())) : callTool(run, call, { where, signal })),
    async reject(answer, by, reason) {
      if (isOver) throw over();
      run.rejected.add(answer.key);
      // Not waited for: it reaches the disc with the failure that follows, so that a kill between them is no further try.
      run.journal.push(
        'reply.rejected',
        { cache_key: answer.key, by, reason: run.hider.text(reason).slice(0, 2_000) },
        where,
      );
    },
    async write(path, content, mode = 'overwrite') {
      if (isOver) return err(over());
      const file = writeFile(run, path, { content, mode, where, written });
      if (!file.ok) return file;
      const { wrote, reason, ...ref } = file.value;
      run.journal.push('file.written', { ...ref, wrote, reason }, where);
      written.set(ref.path, ref);
      return ok({ ...ref, path: relative(run.outputs, join(run.paths.dir, ref.path)).replaceAll('\\', '/') });
    },
    log: log.write,
    hider: run.hider,
    secret: (name) => secretOf(run, name),
  };
  const close = (): void => {
    isOver = true;
    log.close();
  };
  const passOver = (first: number, answers: readonly Answer[]): void => {
    wanted.first = first;
    for (const { key } of answers) wanted.passed.add(key);
  };
  return { host, written, tally, passOver, close };
}

/** Below the outputs, for files of a run that the step or item begins: the path that its log has below the logs. */
function folderOf({ paths }: RunContext, { step, item }: StepPlace): string {
  return relative(join(paths.dir, 'logs'), paths.log(step, item)).replace(/\.log$/, '');
}

type Write = {
  readonly content: string | Uint8Array;
  readonly mode: WriteMode;
  readonly where: StepPlace;
  /** What this attempt wrote before. */
  readonly written: ReadonlyMap<string, FileRef>;
};

type Written = FileRef & {
  readonly wrote: boolean;
  readonly reason: 'created' | 'overwritten' | 'appended' | 'nochange';
};

function writeFile(run: RunContext, named: string, asked: Write): Result<Written> {
  const path = run.hider.text(named);
  const logged = loggedPath(run, path);
  try {
    const { content, mode } = hidden(run, path, startedAnew(run, logged, asked));
    const base = run.journal.state.files.get(logged)?.sha256;
    const written = run.files.write(path, content, base === undefined ? { mode } : { mode, base });
    if (mode !== 'append') run.blobs.put(content);
    else keepWhole(run, path);
    return ok({ ...written, path: logged });
  } catch (error) {
    if (OrchError.is(error)) return err(error);
    throw error;
  }
}

/** Appended to what stands there, the end of a secret makes it whole: then all of the file is written anew. */
function hidden(run: RunContext, path: string, { content, mode }: Write): Pick<Write, 'content' | 'mode'> {
  const { hider, files } = run;
  const clean = hideContent(content, hider);
  if (mode !== 'append' || hidesNothing(hider)) return { content: clean, mode };
  const whole = Buffer.concat([files.read(path) ?? new Uint8Array(), Buffer.from(clean)]);
  const hiddenWhole = hider.bytes(whole);
  return hiddenWhole === whole ? { content: clean, mode } : { content: hiddenWhole, mode: 'overwrite' };
}

/**
 * The first time that an attempt appends to a file, what earlier attempts at the same step or item appended does not
 * count: it goes to the end of what stood there before them.
 */
function startedAnew(run: RunContext, logged: string, asked: Write): Write {
  const known = run.journal.state.files.get(logged);
  const { where, written } = asked;
  const isOwn = known !== undefined && known.step === where.step && known.item === where.item;
  if (asked.mode !== 'append' || !isOwn || written.has(logged)) return asked;
  const start = known.before === undefined ? new Uint8Array() : run.blobs.get(known.before.sha256);
  if (start === undefined) throw goneBlob(logged, known.before?.sha256 ?? '', where.step);
  return { ...asked, mode: 'overwrite', content: Buffer.concat([start, Buffer.from(asked.content)]) };
}

function secretOf({ job, secrets }: RunContext, name: string): string {
  const value = secrets.get(name);
  if (value !== undefined && job.plan.secrets?.includes(name)) return value;
  throw new OrchError('usage', `Expected a secret that the job names under \`secrets\`, got ${name}.`);
}

function loggedPath(run: RunContext, path: string): string {
  return relative(run.paths.dir, join(run.outputs, path)).replaceAll('\\', '/');
}

function keepWhole(run: RunContext, path: string): void {
  const whole = run.files.read(path);
  if (whole !== undefined) run.blobs.put(whole);
}
