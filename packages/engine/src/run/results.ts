import { join, relative } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
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
import { lazily } from '../attempt/lazily.ts';
import { loadOutput } from './outputs.ts';

/** What a node of the run came to, by reference. */
export type Ended = Settled | Lapsed;

export type Settled = {
  readonly status: 'succeeded';
  readonly output: OutputRef;
  readonly files: readonly FileRef[];
  readonly extra?: OutputRef | undefined;
  /** For a step that fanned out: its items in order. */
  readonly items?: readonly SettledItem[] | undefined;
};

/** It came to nothing. */
export type Lapsed = {
  readonly status: 'failed' | 'skipped';
  readonly error?: OrchError | undefined;
  readonly extra?: OutputRef | undefined;
  readonly items?: readonly SettledItem[] | undefined;
};

export type SettledItem = { readonly key: string; readonly item: Json; readonly settled: Ended };

type Folders = { readonly run: string; readonly outputs: string };

/** The nodes of a run that ended: as references, and as templates see them. */
export type Results = {
  set(node: string, ended: Ended): void;
  get(node: string): Ended | undefined;
  view(node: string): NeedResult | undefined;
  itemView(item: SettledItem): ItemResult;
  /** Files, as those who need a step see them. */
  fileViews(files: readonly FileRef[]): readonly ScopeFile[];
};

export function createResults(folders: Folders, blobs: BlobStore): Results {
  const settled = new Map<string, Ended>();
  const views = new Map<string, NeedResult>();
  return {
    set(node, value) {
      settled.set(node, value);
      views.delete(node);
    },
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
    fileViews: (files) => files.map((file) => scopeFile(file, folders, blobs)),
  };
}

/** The digest that stands for all a need gives to those who need it: its output and the files it wrote; null for nothing. */
export function resultDigest(ended: Ended): Digest | null {
  if (ended.status !== 'succeeded') return null;
  const { output, files } = ended;
  if (files.length === 0) return output.sha256;
  const written = Object.fromEntries(files.map((file) => [file.path, file.sha256]));
  return sha256(canonicalJson({ output: output.sha256, files: written }));
}

/** The same for a step that sees its needs whole: what else they said, and which items they had. */
export function wholeDigest(ended: Ended): Digest {
  const seen = (ended.items ?? []).map(({ key, item, settled: own }) => [key, item, wholeDigest(own)] as const);
  const result = resultDigest(ended);
  if (ended.status === 'succeeded') {
    return sha256(canonicalJson({ result, extra: ended.extra?.sha256 ?? null, items: seen }));
  }
  const { status, extra } = ended;
  const more = extra && { extra: extra.sha256 };
  return sha256(canonicalJson({ status, error: errorView(ended) ?? null, items: seen, ...more }));
}

function viewOf(ended: Ended, folders: Folders, blobs: BlobStore): NeedResult {
  const view = ended.status === 'succeeded' ? settledView(ended, folders, blobs) : lapsedView(ended, blobs);
  const { items } = ended;
  if (items === undefined) return view;
  return lazily(view, 'items', () => items.map((item) => itemView(item, folders, blobs)));
}

function lapsedView(lapsed: Lapsed, blobs: BlobStore): NeedResult {
  const error = errorView(lapsed);
  return { status: lapsed.status, output: null, files: [], ...(error && { error }), ...extraOf(lapsed, blobs) };
}

function errorView({ error }: Lapsed): NeedResult['error'] {
  return error && { code: error.code, message: error.message };
}

function settledView(settled: Settled, folders: Folders, blobs: BlobStore): NeedResult {
  const view = {
    status: 'succeeded' as const,
    files: settled.files.map((file) => scopeFile(file, folders, blobs)),
    ...extraOf(settled, blobs),
  };
  return lazily(view, 'output', () => loadOutput(settled.output, blobs));
}

function extraOf({ extra }: Ended, blobs: BlobStore): OutcomeExtra {
  return extra === undefined ? {} : (loadOutput(extra, blobs) as OutcomeExtra);
}

function itemView(item: SettledItem, folders: Folders, blobs: BlobStore): ItemResult {
  return Object.defineProperties(
    { key: item.key, item: item.item },
    Object.getOwnPropertyDescriptors(viewOf(item.settled, folders, blobs)),
  ) as ItemResult;
}

/** Its text is what the step wrote, whatever another has made of the file since. */
function scopeFile(file: FileRef, folders: Folders, blobs: BlobStore): ScopeFile {
  const absolute = join(folders.run, file.path);
  const path = relative(folders.outputs, absolute).replaceAll('\\', '/');
  return lazily({ ...file, path }, 'text', () => readText(file, blobs), true);
}

function readText({ path, sha256: digest }: FileRef, blobs: BlobStore): string {
  const bytes = blobs.get(digest);
  if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
  throw new OrchError('corrupt_log', `Expected the content of ${path} among the artifacts, ${digest} is gone.`);
}
