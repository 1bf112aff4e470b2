import { hash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalJson } from '../../packages/cache/src/index.ts';
import type { Json, OrchEvent } from '../../packages/contracts/src/index.ts';

/** The whole lines of a log, and what follows the last of them. Throws when they are no chain. */
export function readEvents(run: string): OrchEvent[] {
  const path = join(run, 'events.jsonl');
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  let prev = '0'.repeat(64);
  return lines.map((line, at) => {
    const event = JSON.parse(line) as OrchEvent;
    if (event.seq !== at + 1) throw new Error(`${path}:${at + 1} has seq ${event.seq}`);
    if (event.prev !== prev) throw new Error(`${path}:${at + 1} does not follow the line before`);
    prev = digestOf(line);
    return event;
  });
}

/** The run that no step of another one began; else one that never began, left of a process that was killed before. */
export function rootOf(runs: readonly string[]): string | undefined {
  return rootsOf(runs)[0] ?? runs.at(-1);
}

export function rootsOf(runs: readonly string[]): string[] {
  return runs.filter((run) => {
    const started = startOf(run);
    return started !== undefined && started.data.parent === undefined;
  });
}

/** Not always its first event: what is torn before is told first. */
export function startOf(run: string): OrchEvent<'job.started'> | undefined {
  return readEvents(run).find((event) => event.type === 'job.started');
}

/** A run that a step or item of another one began; in the order of their first links. */
export type Child = { readonly name: string; readonly dir: string };

/** Those that were linked, whether or not they have a folder. */
export function childrenOf(run: string): Child[] {
  const linked = readEvents(run).flatMap((event) => {
    if (event.type !== 'job.linked') return [];
    return [{ name: nameOf(event), dir: join(dirname(run), event.data.job_id) }];
  });
  return [...new Map(linked.map((child) => [`${child.name} ${child.dir}`, child])).values()];
}

/** A run and all that are within it. */
export function familyOf(run: string): string[] {
  return [run, ...childrenOf(run).flatMap(({ dir }) => familyOf(dir))];
}

/** The name of a step, or of an item of it. */
export function nameOf({ step = '', item }: Pick<OrchEvent, 'step' | 'item'>): string {
  return item === undefined ? step : `${step}[${item}]`;
}

/** A stored answer of the provider. */
export type Entry = {
  readonly key: string;
  readonly call: number;
  /** The run that paid for it, and how. */
  readonly jobId: string;
  readonly requestId: string;
};

/** The answers that a run keeps. Throws when one of them is torn. */
export function readEntries(run: string): Entry[] {
  return filesBelow(join(run, '.cache')).flatMap((path) => {
    if (!path.endsWith('.json')) return [];
    const { key, response, sha256, usage, paid } = JSON.parse(readFileSync(path, 'utf8')) as {
      key: string;
      response: Json;
      sha256: string;
      usage?: { tokens_out: number };
      paid?: { job_id: string; request_id: string };
    };
    if (usage === undefined || paid === undefined) return [];
    if (!path.endsWith(`/${key}.json`)) throw new Error(`${path} has the key ${key}`);
    const answered = typeof response === 'string' ? response : canonicalJson(response);
    if (digestOf(answered) !== sha256) throw new Error(`the answer in ${path} does not fit ${sha256}`);
    return [{ key, call: usage.tokens_out, jobId: paid.job_id, requestId: paid.request_id }];
  });
}

/** Absolute paths of all files below a folder, but for drafts that nobody is shown. */
export function filesBelow(dir: string): string[] {
  if (!existsSync(dir)) return [];
  const found = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return found
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !/\/\.orch-[^/]+\.tmp$/.test(path));
}

export function digestOf(content: string | Uint8Array): string {
  return hash('sha256', content);
}
