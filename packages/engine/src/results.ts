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
import { lazily } from './lazily.ts';
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

type Folders = { readonly run: string; readonly outputs: string };

/** The settled nodes of a run: as references, and as templates see them. */
export type Results = {
  set(node: string, settled: Settled): void;
  get(node: string): Settled | undefined;
  view(node: string): NeedResult | undefined;
  itemView(item: SettledItem): ItemResult;
};

export function createResults(folders: Folders, blobs: BlobStore): Results {
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

/** The same for a step that sees its needs whole: what else they said, and which items they had. */
export function wholeDigest(settled: Settled): Digest {
  const { extra, items = [] } = settled;
  const seen = items.map(({ key, item, settled: own }) => [key, item, wholeDigest(own)] as const);
  return sha256(canonicalJson({ result: resultDigest(settled), extra: extra?.sha256 ?? null, items: seen }));
}

function viewOf(settled: Settled, folders: Folders, blobs: BlobStore): NeedResult {
  const extra = settled.extra === undefined ? {} : (loadOutput(settled.extra, blobs) as OutcomeExtra);
  const view = {
    status: 'succeeded' as const,
    files: settled.files.map((file) => scopeFile(file, folders, blobs)),
    ...extra,
  };
  const withOutput = lazily(view, 'output', () => loadOutput(settled.output, blobs));
  const { items } = settled;
  if (items === undefined) return withOutput;
  return lazily(withOutput, 'items', () => items.map((item) => itemView(item, folders, blobs)));
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
