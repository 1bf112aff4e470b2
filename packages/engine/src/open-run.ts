import { join } from 'node:path';
import { openCache } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { Manifest } from '@orch/contracts';
import { toManifest } from '@orch/events';
import { openBlobs, openFiles } from '@orch/filestore';
import type { Execution } from './execute.ts';
import { openJournal } from './journal.ts';
import { builtinKinds } from './kinds/index.ts';
import { createManifestWriter } from './manifest-writer.ts';
import { createResults } from './results.ts';
import type { RunContext } from './run-context.ts';
import { keepInputs } from './run-folder.ts';
import { replyCodec } from './stored-reply.ts';
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
  const { job, jobId, paths, ports, options, bus } = execution;
  const { clock, ids } = ports;
  const durability = options.durability ?? 'strict';
  const { plan } = job;
  const outputs = paths.outputs(plan.project);
  const blobs = openBlobs(paths.artifacts, { durability });
  keepInputs(job, { paths, blobs, durability });

  const fold = (): Manifest => toManifest(journal.state, journal.log.synced);
  const writer = createManifestWriter(paths.manifest, clock, fold);
  const broken = new AbortController();
  const journal = await openJournal({
    path: paths.events,
    jobId,
    clock,
    durability,
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
    kinds: new Map([...builtinKinds, ...(ports.kinds ?? [])].map((kind) => [kind.kind, kind])),
    commandEnv: ports.commandEnv,
    clock,
    ids,
    startedAt: clock.now(),
    began: clock.monotonic(),
    limit: options.limit,
    results: createResults({ run: paths.dir, outputs }, blobs),
    rejected: new Set(),
  };
  return {
    run,
    manifest() {
      writer.finish();
      return fold();
    },
    broken: broken.signal,
    close: () => journal.log.close(),
  };
}
