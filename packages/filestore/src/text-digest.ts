import type { Digest } from '@orch/contracts';
import { hash } from 'node:crypto';

type Remembered = { readonly text: string; readonly digest: Digest };

/** Characters. V8 looks longer strings up by their length and compares them; shorter ones cost more than sha-256. */
const long = 16_384;
/** Characters of all texts that are remembered. */
const room = 8_000_000;

const texts = new Map<string, Remembered>();
let held = 0;

/**
 * sha-256 of a text's UTF-8 bytes. Long ones are remembered while there is room: a context goes through many questions,
 * and to compare a text costs a fraction of hashing it.
 */
export function digestOfText(text: string): Digest {
  if (text.length < long || text.length > room) return hash('sha256', text);
  const known = texts.get(text);
  if (known !== undefined) return touch(known).digest;
  held += text.length;
  forgetOldest();
  return touch({ text, digest: hash('sha256', text) }).digest;
}

/** Makes it the last of all, so that the first is the one that was asked for longest ago. */
function touch(remembered: Remembered): Remembered {
  texts.delete(remembered.text);
  texts.set(remembered.text, remembered);
  return remembered;
}

function forgetOldest(): void {
  for (const text of texts.keys()) {
    if (held <= room) return;
    texts.delete(text);
    held -= text.length;
  }
}
