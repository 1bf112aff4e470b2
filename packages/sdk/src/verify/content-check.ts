import { join, relative } from 'node:path';
import { openCache, sha256 } from '@orch/cache';
import type { Digest, OrchEvent } from '@orch/contracts';
import type { RunPaths } from '@orch/filestore';
import { digestWords, findFile } from './find-file.ts';
import type { Misfit } from './misfit.ts';
import { namedBy, namedByReply, unitName } from './named-content.ts';
import type { Named } from './named-content.ts';
import { UsedReplies } from './used-replies.ts';

const digestForm = /^[0-9a-f]{64}$/;

/** Looks whether what the events of a log name by digest is there and fits: blobs and stored replies, each once. */
export class ContentCheck {
  readonly #paths: RunPaths;
  readonly #used = new UsedReplies();
  readonly #blobs = new Set<Digest>();
  readonly #replies = new Set<Digest>();

  constructor(paths: RunPaths) {
    this.#paths = paths;
  }

  get counts(): { readonly blobs: number; readonly replies: number } {
    return { blobs: this.#blobs.size, replies: this.#replies.size };
  }

  /** The first thing the event names that does not fit. */
  misfitOf(event: OrchEvent): Misfit | undefined {
    const what = `a reply that ${unitName(event)} used`;
    const replies = this.#used.by(event).map((key): Named => ({ type: 'reply', key, what }));
    return this.#firstMisfit([...namedBy(event), ...replies]);
  }

  #firstMisfit(named: readonly Named[]): Misfit | undefined {
    for (const one of named) {
      const misfit = this.#misfit(one);
      if (misfit !== undefined) return misfit;
    }
    return undefined;
  }

  #misfit(named: Named): Misfit | undefined {
    switch (named.type) {
      case 'inline':
        return inlineMisfit(named);
      case 'blob':
        return this.#blobs.has(named.digest) ? undefined : this.#blobMisfit(named);
      case 'reply':
        return this.#replies.has(named.key) ? undefined : this.#replyMisfit(named);
    }
  }

  #blobMisfit({ digest, what, names }: Extract<Named, { type: 'blob' }>): Misfit | undefined {
    if (!digestForm.test(digest)) return { what, path: 'events.jsonl', expected: 'a digest', found: String(digest) };
    const path = join(this.#paths.artifacts, digest.slice(0, 2), digest);
    const file = findFile(path);
    const expected = digestWords(digest);
    if (file.found !== expected) return { what, path: this.#shown(path), expected, found: file.found };
    this.#blobs.add(digest);
    return 'content' in file && names ? this.#firstMisfit(names(file.content.toString())) : undefined;
  }

  #replyMisfit({ key, what }: Extract<Named, { type: 'reply' }>): Misfit | undefined {
    let found = 'no such file';
    const onWarning = ({ reason }: { readonly reason: string }) => (found = `one that does not fit: ${reason}`);
    const entry = openCache(this.#paths.cache, { onWarning }).get(key);
    if (entry === undefined) {
      const path = this.#shown(join(this.#paths.cache, `${key}.json`));
      return { what, path, expected: 'an entry that fits its key and its digest', found };
    }
    this.#replies.add(key);
    return this.#firstMisfit(namedByReply(entry));
  }

  #shown(path: string): string {
    return relative(this.#paths.dir, path).replaceAll('\\', '/');
  }
}

function inlineMisfit({ ref, what }: Extract<Named, { type: 'inline' }>): Misfit | undefined {
  const found = sha256(ref.inline ?? '');
  if (found === ref.sha256) return undefined;
  return { what, path: 'events.jsonl', expected: digestWords(ref.sha256), found: digestWords(found) };
}
