import { OrchError, exitCodes } from '@orch/contracts';
import { readSize } from '../describe/size.ts';
import { plural } from '../terminal/words.ts';
import { sharedCacheOf, sizeInWords } from './cache-folder.ts';
import type { Invocation } from './index.ts';
import type { RunsDirOption } from './read-options.ts';

type PruneOptions = RunsDirOption & { readonly olderThan?: string; readonly maxSize?: string };

export async function execute({ terminal, options }: Invocation<PruneOptions>): Promise<0> {
  const olderThanMs = readAge('--older-than', options.olderThan);
  const maxBytes = readSize('--max-size', options.maxSize);
  if (olderThanMs === undefined && maxBytes === undefined) {
    throw new OrchError('usage', 'Expected --older-than, --max-size or both, got neither.', {
      hint: 'For example: orch cache prune --older-than 30d --max-size 1GB',
    });
  }
  const { cache } = sharedCacheOf(options, terminal);
  const removed = await cache.prune({ olderThanMs, maxBytes });
  const left = cache.stats();
  if (options.json) terminal.out(JSON.stringify({ removed: record(removed), left: record(left) }, undefined, 2));
  else {
    terminal.out(`removed  ${inWords(removed)}`);
    terminal.out(`left     ${inWords(left)}`);
  }
  return exitCodes.succeeded;
}

type Counts = { readonly entries: number; readonly blobs: number; readonly leftovers?: number; readonly bytes: number };

function record({ bytes: size_bytes, entries, blobs, leftovers }: Counts): object {
  return { entries, blobs, ...(leftovers === undefined ? {} : { leftovers }), size_bytes };
}

function inWords({ entries, blobs, leftovers = 0, bytes }: Counts): string {
  const counts = [
    plural(entries, 'entry', 'entries'),
    plural(blobs, 'blob'),
    ...(leftovers === 0 ? [] : [`${plural(leftovers, 'file')} of processes that are gone`]),
  ];
  return `${counts.join(', ')}, ${sizeInWords(bytes)}`;
}

const unitMs: Readonly<Record<string, number>> = { s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8 };

/** Milliseconds, of a time such as `12h`, `30d` or `1.5w`. */
function readAge(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, number = '', unit = ''] = /^(\d+(?:\.\d+)?) ?([smhdw])$/.exec(text) ?? [];
  const ms = Number(number) * (unitMs[unit] ?? NaN);
  if (Number.isFinite(ms)) return ms;
  throw new OrchError('usage', `Expected ${flag} to be a time such as 12h, 30d or 8w, got \`${text}\`.`);
}
