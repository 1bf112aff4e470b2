import { basename, dirname, resolve } from 'node:path';
import { canonicalJson, openCache, sha256 } from '@orch/cache';
import type { CacheEntry, Digest, EventData, Json, Where } from '@orch/contracts';
import type { HashedInputs } from '@orch/engine';
import { readLog } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';

/** What a run keeps of its inputs that neither its plan nor the outputs of its steps tell: what was read then. */
export type PastInputs = {
  /** What a step with `cache: on` was made from, by its input hash. */
  readonly madeFrom: (inputHash: Digest) => HashedInputs | undefined;
  /** An item of a fan-out, as it was when that last began. */
  readonly item: (step: string, key: string) => Json | undefined;
  /** When a step or item last began, as a `ts`. */
  readonly startedAt: (where: Where) => string | undefined;
};

/** Reads the log of a run, and the results that it used. */
export async function readPastInputs(dir: string): Promise<PastInputs> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const blobs = openBlobs(paths.artifacts);
  const started = new Map<string, string>();
  const items = new Map<string, ReadonlyMap<string, Json>>();
  for await (const { type, ts, step, item, data } of readLog(paths.events, {
    types: ['step.started', 'step.expanded'],
  })) {
    if (type === 'step.started') started.set(nameOf({ step, item }), ts);
    else if (step !== undefined) items.set(step, listed(blobs.get((data as EventData['step.expanded']).sha256)));
  }
  const made = new Map<Digest, HashedInputs>();
  for (const entry of openCache<Json>(paths.cache).list('run')) {
    const inputs = inputsIn(entry);
    if (inputs !== undefined) made.set(hashOf(entry, inputs), inputs);
  }
  return {
    madeFrom: (inputHash) => made.get(inputHash),
    item: (step, key) => items.get(step)?.get(key),
    startedAt: (where) => started.get(nameOf(where)),
  };
}

function nameOf({ step, item }: Where): string {
  return JSON.stringify([step, item]);
}

function listed(bytes: Uint8Array | undefined): ReadonlyMap<string, Json> {
  if (bytes === undefined) return new Map();
  const list = JSON.parse(Buffer.from(bytes).toString('utf8')) as readonly {
    readonly key: string;
    readonly item: Json;
  }[];
  return new Map(list.map(({ key, item }) => [key, item]));
}

/** Of an entry that keeps what a step made; that of a reply has messages. */
function inputsIn({ preimage }: CacheEntry): HashedInputs | undefined {
  const { fields, needs, reads } = preimage.inputs as Partial<HashedInputs>;
  return fields === undefined || needs === undefined || reads === undefined
    ? undefined
    : { fields, needs, reads, asked: undefined };
}

/** As the engine takes it of a step that asks no model (architecture.md, "Identity"). */
function hashOf({ preimage: { provider } }: CacheEntry, { fields, needs, reads }: HashedInputs): Digest {
  const { kind_version } = provider.opts;
  return sha256(canonicalJson({ kind: provider.name, kind_version, fields, needs, reads }));
}
