import type { Digest } from '@orch/contracts';
import { hash } from 'node:crypto';

type Remembered = { readonly text: string; readonly digest: Digest };

/** Characters. Shorter texts cost more to find again than to hash. */
const long = 16_384;
/** Characters of all texts that are remembered. */
const room = 8_000_000;

/** By length and a sample of its characters: to look a text up by itself is to compare it with all of its length. */
const texts = new Map<string, Remembered>();
let held = 0;

/**
 * sha-256 of a text's UTF-8 bytes. Long ones are remembered while there is room: a context goes through many questions,
 * and to compare a text costs a fraction of hashing it.
 */
export function digestOfText(text: string): Digest {
  if (text.length < long || text.length > room) return hash('sha256', text);
  const sample = sampleOf(text);
  const known = forget(sample);
  const remembered = known?.text === text ? known : { text, digest: hash('sha256', text) };
  held += text.length;
  forgetOldest();
  texts.set(sample, remembered);
  return remembered.digest;
}

/** The length, and characters spread over the text with its last ones among them. */
function sampleOf(text: string): string {
  const step = Math.floor(text.length / 16);
  let sample = `${text.length}:${text.slice(-8)}`;
  for (let at = 0; at < text.length; at += step) sample += text[at];
  return sample;
}

function forget(sample: string): Remembered | undefined {
  const known = texts.get(sample);
  if (known === undefined) return undefined;
  texts.delete(sample);
  held -= known.text.length;
  return known;
}

/** The first is the one that was asked for longest ago. */
function forgetOldest(): void {
  for (const sample of texts.keys()) {
    if (held <= room) return;
    forget(sample);
  }
}
