import { join, relative } from 'node:path';
import { OrchError, err, ok } from '@orch/contracts';
import type { Digest, FileRef, PlanStep, Result, StepHost, StepScope, WriteMode } from '@orch/contracts';
import { exchange } from './exchange.ts';
import type { Tally } from './purchase.ts';
import type { RunContext } from './run-context.ts';
import { openStepLog } from './step-log.ts';

export type HostedAttempt = {
  readonly step: PlanStep;
  readonly item: string | undefined;
  readonly attempt: number;
  readonly scope: StepScope;
  readonly inputHash: Digest;
  readonly signal: AbortSignal;
};

/** The host of one attempt, with what it wrote and spent so far. */
export type OpenHost = {
  readonly host: StepHost;
  readonly written: Map<string, FileRef>;
  readonly tally: Tally;
  readonly close: () => void;
};

export function openHost(run: RunContext, attempt: HostedAttempt): OpenHost {
  const { step, item, signal } = attempt;
  const where = { step: step.id, item };
  const log = openStepLog(() => run.paths.log(step.id, item));
  const written = new Map<string, FileRef>();
  const tally: Tally = { calls: 0, tokensIn: 0, tokensOut: 0 };
  let isOver = false;
  const over = () => new OrchError('canceled', `Step ${step.id} was ended before it asked for this.`);
  const asker = { ...where, cache: step.cache, signal, log: log.write, tally };
  const host: StepHost = {
    ...where,
    attempt: attempt.attempt,
    key: attempt.inputHash,
    signal,
    writes: step.writes,
    clock: run.clock,
    blobs: run.blobs,
    scope: attempt.scope,
    dirs: { job: run.job.jobDir, run: run.paths.dir, outputs: run.outputs },
    commandEnv: run.commandEnv,
    emit: (type, data) => (isOver ? Promise.reject(over()) : run.journal.append(type, data, where)),
    ask: (question) => (isOver ? Promise.resolve(err(over())) : exchange(run, question, asker)),
    async reject(answer, by, reason) {
      if (isOver) throw over();
      run.rejected.add(answer.key);
      await run.journal.append('reply.rejected', { cache_key: answer.key, by, reason: reason.slice(0, 2_000) }, where);
    },
    async write(path, content, mode = 'overwrite') {
      if (isOver) return err(over());
      const file = writeFile(run, path, { content, mode });
      if (!file.ok) return file;
      const { wrote, reason, ...ref } = file.value;
      run.journal.push('file.written', { ...ref, wrote, reason }, where);
      written.set(ref.path, ref);
      return ok({ ...ref, path: relative(run.outputs, join(run.paths.dir, ref.path)).replaceAll('\\', '/') });
    },
    log: log.write,
  };
  const close = (): void => {
    isOver = true;
    log.close();
  };
  return { host, written, tally, close };
}

type Written = FileRef & {
  readonly wrote: boolean;
  readonly reason: 'created' | 'overwritten' | 'appended' | 'nochange';
};

function writeFile(
  run: RunContext,
  path: string,
  { content, mode }: { content: string | Uint8Array; mode: WriteMode },
): Result<Written> {
  const logged = relative(run.paths.dir, join(run.outputs, path)).replaceAll('\\', '/');
  const base = run.journal.state.files.get(logged)?.sha256;
  try {
    const written = run.files.write(path, content, base === undefined ? { mode } : { mode, base });
    if (mode !== 'append') run.blobs.put(content);
    else keepWhole(run, path);
    return ok({ ...written, path: logged });
  } catch (error) {
    if (OrchError.is(error)) return err(error);
    throw error;
  }
}

function keepWhole(run: RunContext, path: string): void {
  const whole = run.files.read(path);
  if (whole !== undefined) run.blobs.put(whole);
}
