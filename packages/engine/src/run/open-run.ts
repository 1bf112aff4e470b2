import { join } from 'node:path';
import { openCache } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CacheEntry, Hider, Manifest } from '@orch/contracts';
import { toManifest } from '@orch/events';
import { openBlobs, openFiles } from '@orch/filestore';
import { compileSteps } from '@orch/spec';
import { createHider, hideValue, hidesNothing } from '@orch/secrets';
import type { Execution } from './execute.ts';
import { hidingProvider } from '../exchange/hiding-provider.ts';
import { openJournal } from './journal.ts';
import { noTools } from '../attempt/call-tool.ts';
import { createAdmission } from '../graph/admission.ts';
import { createThrottle } from '../exchange/throttle.ts';
import { createLeftovers } from '../resume/leftovers.ts';
import { allKinds } from '../kinds/index.ts';
import { kindsOf, requireSameKinds } from '../load-kinds.ts';
import { LivePlan } from '../graph/live-plan.ts';
import { createManifestWriter } from './manifest-writer.ts';
import { createResults } from './results.ts';
import type { RunContext } from './run-context.ts';
import { replyCodec } from '../exchange/stored-reply.ts';
import { layOutCopies } from '../read-job.ts';
import { readWatermark } from './read-watermark.ts';
import { stepsFrom } from '../graph/select-steps.ts';
import { orchVersion } from '../version.ts';

export type OpenRun = {
  readonly run: RunContext;
  /** The fold as it is now, written to `manifest.json` as well. */
  readonly manifest: () => Manifest;
  /** Aborts when the log can no longer be written. */
  readonly broken: AbortSignal;
  readonly close: () => Promise<void>;
};

/** The part of an execution that its stores are opened for. */
export type Opening = Pick<Execution, 'job' | 'jobId' | 'paths' | 'ports' | 'options' | 'bus'> &
  Partial<Pick<Execution, 'resume' | 'wanted' | 'startChild'>>;

/** Opens the stores of a run: log, blobs, files, cache. */
export async function openRun(execution: Opening): Promise<OpenRun> {
  const { job, jobId, paths, ports, options, bus, resume } = execution;
  const { clock, ids } = ports;
  const { plan } = job;
  const durability = options.durability ?? plan.durability ?? 'strict';
  const hider = ports.hider ?? createHider([]);
  const outputs = paths.outputs(plan.project);
  const blobs = openBlobs(paths.artifacts, { durability });

  const fold = (): Manifest => toManifest(journal.state, journal.log.synced);
  const writer = createManifestWriter(paths.manifest, clock, fold);
  const broken = new AbortController();
  const over = new AbortController();
  const kinds = await kindsToRun(execution);
  const leftovers = createLeftovers();
  const journal = await openJournal({
    path: paths.events,
    jobId,
    clock,
    durability,
    hider,
    watermark: readWatermark(paths.manifest),
    onFold: leftovers.note,
    known: { jobId, project: plan.project, steps: plan.steps.map(({ id }) => id) },
    onEvent(event) {
      writer.touch();
      bus.emit(event);
    },
    onFailure: (error) => broken.abort(OrchError.from(error, 'io')),
  });
  const livePlan = new LivePlan({
    ...{ job, blobs, state: journal.state, kinds, wanted: execution.wanted },
    compileSteps: ports.compileSteps ?? compileSteps,
    push: (extended, where) => journal.push('plan.extended', extended, where),
  });
  const anew = stepsFrom(livePlan.known(), resume?.from);
  for (const step of anew) {
    leftovers.questions.forget(step);
    leftovers.forgetTools(step);
  }
  const refuse = hidesNothing(hider) ? undefined : (entry: CacheEntry) => refusal(entry, hider);
  const cached = { shared: paths.sharedCache, durability, clock, orchVersion, refuse };
  const run: RunContext = {
    jobId,
    job,
    paths,
    outputs,
    journal,
    files: openFiles(outputs, { durability }),
    blobs,
    cache: openCache(paths.cache, { ...cached, codec: replyCodec }),
    made: openCache(paths.cache, cached),
    sharedBlobs: openBlobs(join(paths.sharedCache, 'blobs'), { durability }),
    tools: ports.tools ?? noTools,
    admission: createAdmission({
      ...{ concurrency: plan.concurrency, clock, over: over.signal },
      throttle: (node) => throttle(node),
    }),
    provider: ports.provider && hidingProvider(ports.provider, hider),
    providers: new Map([...(ports.providers ?? [])].map(([name, provider]) => [name, hidingProvider(provider, hider)])),
    frozen: options.frozen ?? false,
    recordings: ports.recordings && hidingProvider(ports.recordings, hider),
    kinds,
    commandEnv: ports.commandEnv,
    hider,
    secrets: ports.secrets ?? new Map(),
    clock,
    ids,
    get now() {
      return journal.state.startedAt ?? new Date(clock.now()).toISOString();
    },
    began: clock.monotonic(),
    limit: options.limit,
    results: createResults({ run: paths.dir, outputs }, blobs),
    recovered: new Set(),
    restores: new Map(),
    rejected: new Set(leftovers.rejected),
    anew,
    retryFailed: resume?.retryFailed ?? false,
    leftovers,
    plan: livePlan,
    startChild: execution.startChild ?? noChildren,
    openedAt: journal.state.seq,
    over: over.signal,
    drain: options.drain ?? new AbortController().signal,
  };
  const throttle = createThrottle(run);
  return {
    run,
    manifest: () => writer.finish(),
    broken: broken.signal,
    close() {
      over.abort();
      return journal.log.close();
    },
  };
}

/** It was stored before the value was known to be a secret. */
function refusal({ response }: CacheEntry, hider: Hider): string | undefined {
  return hideValue(response, hider) === response ? undefined : 'it holds a secret';
}

/** A run that is only opened to be written to needs no code of others. */
async function kindsToRun({ job, paths, ports, startChild }: Opening): Promise<RunContext['kinds']> {
  if (startChild === undefined) return allKinds(ports.kinds);
  if ((job.plan.kinds ?? []).length > 0) layOutCopies(paths, job);
  await requireSameKinds(job.plan, job.jobDir);
  return kindsOf(job.plan, job.jobDir, ports.kinds);
}

function noChildren(): Promise<never> {
  return Promise.reject(new OrchError('internal', 'Expected no step to run.'));
}
