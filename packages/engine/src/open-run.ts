import { join } from 'node:path';
import { openCache } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { Manifest } from '@orch/contracts';
import { toManifest } from '@orch/events';
import { openBlobs, openFiles } from '@orch/filestore';
import type { Execution } from './execute.ts';
import { openJournal } from './journal.ts';
import { createLeftovers } from './leftovers.ts';
import { allKinds } from './kinds/index.ts';
import { createManifestWriter } from './manifest-writer.ts';
import { createResults } from './results.ts';
import type { RunContext } from './run-context.ts';
import { replyCodec } from './stored-reply.ts';
import { readWatermark } from './read-watermark.ts';
import { stepsFrom } from './select-steps.ts';
import { orchVersion } from './version.ts';

export type OpenRun = {
  readonly run: RunContext;
  /** The fold as it is now, written to `manifest.json` as well. */
  readonly manifest: () => Manifest;
  /** Aborts when the log can no longer be written. */
  readonly broken: AbortSignal;
  readonly close: () => Promise<void>;
};

/** Opens the stores of a run: log, blobs, files, cache. */
export async function openRun(execution: Execution): Promise<OpenRun> {
  const { job, jobId, paths, ports, options, bus, resume } = execution;
  const { clock, ids } = ports;
  const { plan } = job;
  const durability = options.durability ?? plan.durability ?? 'strict';
  const outputs = paths.outputs(plan.project);
  const blobs = openBlobs(paths.artifacts, { durability });

  const fold = (): Manifest => toManifest(journal.state, journal.log.synced);
  const writer = createManifestWriter(paths.manifest, clock, fold);
  const broken = new AbortController();
  const leftovers = createLeftovers();
  const journal = await openJournal({
    path: paths.events,
    jobId,
    clock,
    durability,
    watermark: readWatermark(paths.manifest),
    onFold: leftovers.note,
    known: { jobId, project: plan.project, steps: plan.steps.map(({ id }) => id) },
    onEvent(event) {
      writer.touch();
      bus.emit(event);
    },
    onFailure: (error) => broken.abort(OrchError.from(error, 'io')),
  });
  const cached = { shared: paths.sharedCache, durability, clock, orchVersion };
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
    provider: ports.provider,
    frozen: options.frozen ?? false,
    recordings: ports.recordings,
    kinds: allKinds(ports.kinds),
    commandEnv: ports.commandEnv,
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
    anew: stepsFrom(plan.steps, resume?.from),
    leftovers,
  };
  return {
    run,
    manifest: () => writer.finish(),
    broken: broken.signal,
    close: () => journal.log.close(),
  };
}
