import { readFileSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError, err, ok } from '@orch/contracts';
import type { Each, Hider, Json, Result, StepScope } from '@orch/contracts';
import { hideValue } from '@orch/secrets';
import { renderList, renderText } from '@orch/spec';
import { findFiles } from './find-files.ts';
import { lazily } from '../attempt/lazily.ts';

export type Item = { readonly key: string; readonly item: Json };

const textLimit = 256 * 1024;
/** Of an item, in characters: it stands in every event of the item. */
const longestName = 512;

/** The items of a fan-out that lists or finds them, each with its name: never its position. */
export async function expandEach(each: Each, scope: StepScope, hider: Hider): Promise<Result<Item[]>> {
  const found = await itemsOf(each, scope, hider);
  return found.ok ? nameItems(found.value, each, scope) : found;
}

/** The same items, unless there are more than the step allows. */
export function withinLimit(items: readonly Item[], { max_items: most }: Each): Result<readonly Item[]> {
  if (items.length <= most) return ok(items);
  return err(
    new OrchError('spec', `Expected at most ${most} items, got ${items.length}.`, {
      hint: 'Raise `each.max_items`; to try with a few, use `--limit`.',
    }),
  );
}

async function itemsOf(each: Each, scope: StepScope, hider: Hider): Promise<Result<readonly Json[]>> {
  if ('files' in each) {
    const pattern = renderText(each.files, scope);
    return pattern.ok ? ok(await fileItems(pattern.value, scope.job.dir, hider)) : pattern;
  }
  if ('from' in each) throw new OrchError('internal', 'Items taken one by one come from the step that has them.');
  if (typeof each.list === 'string') return renderList(each.list, scope);
  return ok([...(each.list as readonly Json[])]);
}

async function fileItems(pattern: string, jobDir: string, hider: Hider): Promise<Json[]> {
  const paths = await findFiles([pattern], jobDir);
  return paths.map((path) => {
    const absolute = resolve(jobDir, path);
    const named = hideValue({ path, name: basename(path) }, hider);
    const item = { ...named, sha256: sha256(readFileSync(absolute)) };
    return lazily(item, 'text', () => hider.text(readText(absolute, named.path)), true);
  });
}

function readText(absolute: string, path: string): string {
  const { size } = statSync(absolute);
  if (size <= textLimit) return readFileSync(absolute, 'utf8');
  throw new OrchError(
    'template',
    `Expected a file of at most 256 kB behind \`item.text\`, ${path} has ${size} bytes.`,
    {
      hint: 'Pass `item.path` to a command instead.',
    },
  );
}

function nameItems(items: readonly Json[], each: Each, scope: StepScope): Result<Item[]> {
  const used = new Map<string, number>();
  const named: Item[] = [];
  for (const item of items) {
    const name = nameOf(item, each, scope);
    if (!name.ok) return name;
    if (name.value.length === 0 || name.value.length > longestName) return err(badName(name.value));
    named.push({ key: freeKey(name.value, used), item });
  }
  return ok(named);
}

/** The name, or with the first number that is free: `used` holds what is taken, and how far each name got. */
function freeKey(name: string, used: Map<string, number>): string {
  let times = used.get(name) ?? 0;
  let key = name;
  while (used.has(key)) key = `${name}-${++times}`;
  used.set(name, Math.max(times, 1));
  if (key !== name) used.set(key, 1);
  return key;
}

function nameOf(item: Json, each: Each, scope: StepScope): Result<string> {
  if (each.key !== undefined) return renderText(each.key, { ...scope, item });
  if ('files' in each) return ok((item as { path: string }).path);
  return ok(sha256(canonicalJson(item)).slice(0, 12));
}

function badName(name: string): OrchError {
  const got = name === '' ? 'an empty one' : `one of ${name.length}: ${name.slice(0, 40)}…`;
  return new OrchError(
    'template',
    `Expected \`each.key\` to give a name of 1 to ${longestName} characters, got ${got}.`,
  );
}
