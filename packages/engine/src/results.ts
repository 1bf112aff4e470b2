import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import type {
  BlobStore,
  Digest,
  FileRef,
  ItemResult,
  Json,
  NeedResult,
  OutcomeExtra,
  OutputRef,
  ScopeFile,
} from '@orch/contracts';
import { loadOutput } from './outputs.ts';

/** What a node of the run came to, by reference. */
export type Settled = {
  readonly output: OutputRef;
  readonly files: readonly FileRef[];
  readonly extra?: OutputRef | undefined;
  /** For a step that fanned out: its items in order. */
  readonly items?: readonly SettledItem[] | undefined;
};

type SettledItem = { readonly key: string; readonly item: Json; readonly settled: Settled };

/** The settled nodes of a run: as references, and as templates see them. */
export type Results = {
  set(node: string, settled: Settled): void;
  get(node: string): Settled | undefined;
  view(node: string): NeedResult | undefined;
  itemView(item: SettledItem): ItemResult;
};

export function createResults(folders: { readonly run: string; readonly outputs: string }, blobs: BlobStore): Results {
  const settled = new Map<string, Settled>();
  const views = new Map<string, NeedResult>();
  return {
    set: (node, value) => void settled.set(node, value),
    get: (node) => settled.get(node),
    view(node) {
      const known = views.get(node);
      const value = settled.get(node);
      if (known !== undefined || value === undefined) return known;
      const view = viewOf(value, folders, blobs);
      views.set(node, view);
      return view;
    },
    itemView: (item) => itemView(item, folders, blobs),
  };
}

/** The digest that stands for all a need gives to those who need it: its output and the files it wrote. */
export function resultDigest({ output, files }: Settled): Digest {
  if (files.length === 0) return output.sha256;
  const written = Object.fromEntries(files.map((file) => [file.path, file.sha256]));
  return sha256(canonicalJson({ output: output.sha256, files: written }));
}

function viewOf(settled: Settled, folders: { run: string; outputs: string }, blobs: BlobStore): NeedResult {
  const extra = settled.extra === undefined ? {} : (loadOutput(settled.extra, blobs) as OutcomeExtra);
  const view = { status: 'succeeded' as const, files: settled.files.map((file) => scopeFile(file, folders)), ...extra };
  const withOutput = lazily(view, 'output', () => loadOutput(settled.output, blobs));
  const { items } = settled;
  if (items === undefined) return withOutput;
  return lazily(withOutput, 'items', () => items.map((item) => itemView(item, folders, blobs)));
}

function itemView(item: SettledItem, folders: { run: string; outputs: string }, blobs: BlobStore): ItemResult {
  return Object.defineProperties(
    { key: item.key, item: item.item },
    Object.getOwnPropertyDescriptors(viewOf(item.settled, folders, blobs)),
  ) as ItemResult;
}

function scopeFile(file: FileRef, folders: { run: string; outputs: string }): ScopeFile {
  const absolute = join(folders.run, file.path);
  const path = relative(folders.outputs, absolute).replaceAll('\\', '/');
  return lazily({ ...file, path }, 'text', () => readFileSync(absolute, 'utf8'), true);
}

/** Adds an own property that is computed when it is first read; a hidden one is left out when the object is printed. */
export function lazily<T extends object, K extends string, V>(
  target: T,
  key: K,
  compute: () => V,
  hidden = false,
): T & Readonly<Record<K, V>> {
  let known: { readonly value: V } | undefined;
  const get = (): V => (known ??= { value: compute() }).value;
  const property = { get, enumerable: !hidden, configurable: true };
  return Object.defineProperty(target, key, property) as T & Readonly<Record<K, V>>;
}
