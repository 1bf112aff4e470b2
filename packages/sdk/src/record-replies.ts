import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CacheEntry, Digest, EventData, Recording } from '@orch/contracts';
import { readLog } from '@orch/events';
import { fromReplyRecord, toReplyRecord } from '@orch/providers-core';
import { runPaths, writeAtomic } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';

/**
 * Writes every reply that a run and the runs of its sub-jobs used as `<step>.<n>.json` into a folder, in the order of
 * use; returns the paths.
 */
export async function recordReplies(dir: string, to: string): Promise<string[]> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const used = [...(await usedReplies(paths)).values()];
  if (used.length === 0) {
    throw new OrchError('not_found', `Expected replies in ${paths.dir}, the run used none.`);
  }
  mkdirSync(to, { recursive: true });
  const numbers = new Map<string, number>();
  return used.map(({ step, key, run }) => {
    const number = (numbers.get(step) ?? 0) + 1;
    numbers.set(step, number);
    const file = join(to, `${step}.${number}.json`);
    const recording = toRecording(readEntry(run, key), { step, jobId: basename(run.dir) });
    writeAtomic(file, `${JSON.stringify(recording, undefined, 2)}\n`);
    return file;
  });
}

type UsedReply = { readonly step: string; readonly key: Digest; readonly run: RunPaths };
type UsedReplies = Map<Digest, UsedReply>;

const types = ['cache.hit', 'cache.miss', 'job.linked'] as const;

/** Adds them to `used`: a question that was asked twice is one. */
async function usedReplies(run: RunPaths, used: UsedReplies = new Map()): Promise<UsedReplies> {
  for await (const { type, step = '', data } of readLog(run.events, { types })) {
    if (type === 'job.linked') {
      const child = runPaths(dirname(run.dir), (data as EventData['job.linked']).job_id);
      if (existsSync(child.events)) await usedReplies(child, used);
      continue;
    }
    const { cache_key: key } = data as EventData['cache.hit'];
    if (existsSync(entryPath(run, key)) && isReply(readEntry(run, key))) used.set(key, { step, key, run });
  }
  return used;
}

/** Beside replies the folder keeps what other steps made. */
function isReply({ preimage }: CacheEntry): boolean {
  return Array.isArray(preimage.inputs['messages']);
}

function readEntry(paths: RunPaths, key: Digest): CacheEntry {
  return JSON.parse(readFileSync(entryPath(paths, key), 'utf8')) as CacheEntry;
}

function entryPath(paths: RunPaths, key: Digest): string {
  return join(paths.cache, `${key}.json`);
}

function toRecording(entry: CacheEntry, { step, jobId }: { step: string; jobId: string }): Recording {
  const { provider, inputs, sample } = entry.preimage;
  const model = entry.model_reported ?? provider.model;
  return {
    match: {
      step,
      messages_sha256: sha256(canonicalJson(inputs['messages'])),
      ...(typeof inputs['schema'] === 'string' ? { schema_sha256: inputs['schema'] } : {}),
      ...(typeof inputs['tools'] === 'string' ? { tools_sha256: inputs['tools'] } : {}),
      ...(sample === undefined ? {} : { sample }),
    },
    reply: toReplyRecord(fromReplyRecord(entry.response) ?? { text: JSON.stringify(entry.response) }),
    finish_reason: entry.finish_reason ?? 'stop',
    usage: entry.usage ?? {},
    recorded_from: { provider: provider.name, ...(model === '' ? {} : { model }), job_id: jobId },
  };
}
