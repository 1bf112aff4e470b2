import { hash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { OrchEvent } from '../../packages/contracts/src/index.ts';

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

/** A stored answer of the provider. */
export type Entry = { readonly key: string; readonly call: number; readonly requestId: string };

/** The answers that a run keeps. Throws when one of them is torn. */
export function readEntries(run: string): Entry[] {
  return filesBelow(join(run, '.cache')).flatMap((path) => {
    if (!path.endsWith('.json')) return [];
    const { key, response, sha256, usage, paid } = JSON.parse(readFileSync(path, 'utf8')) as {
      key: string;
      response: unknown;
      sha256: string;
      usage?: { tokens_out: number };
      paid?: { request_id: string };
    };
    if (usage === undefined || paid === undefined) return [];
    if (!path.endsWith(`/${key}.json`)) throw new Error(`${path} has the key ${key}`);
    if (digestOf(String(response)) !== sha256) throw new Error(`the answer in ${path} does not fit ${sha256}`);
    return [{ key, call: usage.tokens_out, requestId: paid.request_id }];
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
