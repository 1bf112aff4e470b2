import { hash } from 'node:crypto';
import type { Case, Contender, Row } from '../row.ts';
import { perOperation } from '../timing.ts';

export const key: Row = {
  title: 'the cache key of a question with a prompt of so many characters',
  medium: 'memory',
  cases: [
    first('1 kB', 1_000, 6),
    first('100 kB', 100_000, 2),
    first('5 MB', 5_000_000, 1.6),
    again('100 kB', 100_000),
    again('5 MB', 5_000_000),
  ],
};

function first(name: string, size: number, atMost: number): Case {
  return {
    name,
    figures: [{ name: 'cost', unit: 'µs a key', targets: [{ atMost, of: 'limit' }] }],
    contenders: {
      orch: keys(size, orch),
      'safe-stable-stringify': keys(size, safeStableStringify),
      canonicalize: keys(size, canonicalJson),
      ohash: keys(size, ohash),
      'object-hash': keys(size, objectHash),
      limit: keys(size, readyBytes),
    },
  };
}

/** The prompt was part of a question before: its text is another string with the same content. */
function again(name: string, size: number): Case {
  return {
    name: `${name}, the same context in the next step`,
    figures: [{ name: 'cost', unit: 'µs a key', targets: [{ atMost: 0.2, of: 'limit' }] }],
    contenders: { orch: sameContext(size), limit: keys(size, readyBytes) },
  };
}

/** Makes what gives the key of a prompt. */
type Keys = () => Promise<(prompt: string) => unknown> | ((prompt: string) => unknown);

function keys(size: number, make: Keys): Contender {
  return async () => {
    const keyOf = await make();
    const count = timesFor(size);
    const prompts = Array.from({ length: count }, (_, at) => prompt(size, at));
    return { cost: await perOperation(count, () => prompts.forEach((text) => keyOf(text))) };
  };
}

function timesFor(size: number): number {
  return Math.max(3, Math.min(1_000, Math.round(10_000_000 / size)));
}

const sentence = 'Summarise the "chapter" below in five lines; name files as `src/x.ts`.\n';

/** A string of its own, flat as one that was read or rendered. */
function prompt(size: number, seed: number): string {
  return Buffer.from(`${seed} ${sentence}`.repeat(Math.ceil(size / sentence.length)).slice(0, size)).toString('latin1');
}

/** A prompt as `inputs` names it. */
async function orch() {
  const { cacheKey, sha256 } = await import('@orch/cache');
  return (text: string) => cacheKey(preimageOf({ role: 'user', sha256: sha256(text) }));
}

function sameContext(size: number): Contender {
  return async ({ dir }) => {
    const { cacheKey } = await import('@orch/cache');
    const { openBlobs } = await import('@orch/filestore');
    const blobs = openBlobs(dir, { durability: 'relaxed' });
    const bytes = Buffer.from(prompt(size, 0));
    blobs.put(bytes.toString('latin1'));
    const count = timesFor(size);
    let texts: string[] = [];
    const render = () => (texts = Array.from({ length: count }, () => bytes.toString('latin1')));
    const batch = () => texts.forEach((text) => cacheKey(preimageOf({ role: 'user', sha256: blobs.put(text) })));
    return { cost: await perOperation(count, batch, render) };
  };
}

function preimageOf(message: { readonly role: string; readonly sha256: string }) {
  return { ...questionOf('summarise'), inputs: { messages: [message] } };
}

/** What stands in a question beside its messages. */
function questionOf(step: string) {
  return { provider: { name: 'ollama', model: 'qwen2.5:7b', opts: { temperature: 0.1, max_tokens: 2000 } }, step };
}

function withText(text: string) {
  return { ...questionOf('summarise'), inputs: { messages: [{ role: 'user', content: text }] } };
}

async function safeStableStringify() {
  const { stringify } = await import('safe-stable-stringify');
  return (text: string) => hash('sha256', stringify(withText(text))!);
}

async function canonicalJson() {
  const { default: canonicalize } = await import('canonicalize');
  return (text: string) => hash('sha256', canonicalize(withText(text))!);
}

async function ohash() {
  const { hash: ohashOf } = await import('ohash');
  return (text: string) => ohashOf(withText(text));
}

async function objectHash() {
  const { default: objectHashOf } = await import('object-hash');
  return (text: string) => objectHashOf(withText(text), { algorithm: 'sha256' });
}

/** Bytes that are there already. */
function readyBytes() {
  const bytes = new Map<string, Buffer>();
  return (text: string) => {
    let ready = bytes.get(text);
    if (ready === undefined) bytes.set(text, (ready = Buffer.from(text)));
    return hash('sha256', ready);
  };
}
