import { OrchError } from '@orch/contracts';
import type { CacheEntry, Digest } from '@orch/contracts';
import { cacheKey, responseDigest } from './cache-key.ts';
import type { Question } from './cache-key.ts';

/** An entry without what its question says. */
export type EntryRest = Omit<CacheEntry, 'key' | 'preimage'>;

/**
 * The line of an entry. Its question stands first, in its one text: who knows the question compares it as text. Lines
 * of other programs may be written otherwise, and take longer to read.
 */
export function entryLine(question: Question, rest: EntryRest): string {
  return `${headOf(question)}${JSON.stringify(rest).slice(1)}\n`;
}

/** The digests that the text of an entry or of a question names: all strings in it that look like one. */
export function namedDigests(text: string): Set<Digest> {
  return new Set(Array.from(text.matchAll(/"([0-9a-f]{64})"/g), ([, digest = '']) => digest));
}

/**
 * The entry in a file, if its key is the one asked for and that of its preimage, and its response fits its digest; else
 * why it cannot be used.
 */
export function parseEntry(text: string, asked: Digest | Question): CacheEntry | string {
  const own = typeof asked === 'string' ? undefined : parseOwn(text, asked);
  if (own && isAnswered(own)) return own;
  const entry = parse<CacheEntry>(text);
  return entry === undefined ? 'it is not a JSON object' : (misfitOf(entry, asked) ?? entry);
}

/** An entry that begins with the question as text needs no digest to prove that it is its own. */
function parseOwn(text: string, question: Question): CacheEntry | undefined {
  const head = headOf(question);
  const rest = text.startsWith(head) ? parse<EntryRest>(`{${text.slice(head.length)}`) : undefined;
  return rest && { ...rest, key: question.key, preimage: question.preimage };
}

function headOf({ key, text }: Question): string {
  return `{"key":"${key}","preimage":${text},`;
}

function parse<T extends object>(text: string): T | undefined {
  try {
    const record = JSON.parse(text) as T | null;
    return typeof record === 'object' && record !== null ? record : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function misfitOf(entry: CacheEntry, asked: Digest | Question): string | undefined {
  const expected = typeof asked === 'string' ? asked : asked.key;
  const { key, preimage, sha256 } = entry;
  if (key !== expected) return `expected key ${expected}, got ${key}`;
  if (digestOf(preimage, cacheKey) !== key) return `its preimage does not give key ${key}`;
  return isAnswered(entry) ? undefined : `its response does not fit ${sha256}`;
}

function isAnswered({ response, sha256 }: EntryRest): boolean {
  return sha256 !== undefined && digestOf(response, responseDigest) === sha256;
}

/** Undefined for what the file lacks, and for what JSON can write but not carry, such as half a character. */
function digestOf<T>(value: T | undefined, digest: (value: T) => Digest): Digest | undefined {
  try {
    return value === undefined ? undefined : digest(value);
  } catch (error) {
    if (OrchError.is(error) && error.code === 'usage') return undefined;
    throw error;
  }
}
