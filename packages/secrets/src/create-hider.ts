import type { Hider } from '@orch/contracts';
import { buildAutomaton } from './automaton.ts';
import { formsOf } from './forms.ts';
import type { Forms } from './forms.ts';
import { createHideStream } from './hide-stream.ts';
import { maskSpans } from './mask.ts';
import { noSecrets } from './no-secrets.ts';
import { createScanner } from './scanner.ts';
import type { Search } from './scanner.ts';
import type { Span } from './spans.ts';

/**
 * Puts `***` for every given value, as it is or as programs write it: escaped for JSON, a URL, a shell or XML, in base64
 * or hexadecimal; of a value of several lines also for each line of 16 characters or more, of a whole header
 * (`Bearer …`) also for what stands behind its scheme. Where values overlap, all of
 * them is hidden. What has none of them comes back as it was given, the very same object.
 *
 * Empty values, and those of nothing but blanks or asterisks, hide nothing. Choose values of 8 characters or more:
 * shorter ones are found by chance.
 */
export function createHider(values: Iterable<string>): Hider {
  const forms = formsOf(values);
  if (forms.written.size === 0) return noSecrets;
  const search = searchFor(forms);
  const isAscii = [...forms.written].every((form) => /^[\0-\x7f]*$/.test(form));
  let ofBytes = isAscii ? search : undefined;
  return {
    text: (text) => hide(text, search),
    bytes(bytes) {
      ofBytes ??= searchFor({ ...forms, written: new Set([...forms.written].map(asBytes)) });
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
      const hidden = hide(text, ofBytes);
      return hidden === text ? bytes : Buffer.from(hidden, 'latin1');
    },
    stream: () => createHideStream(search),
  };
}

function searchFor({ written, coded }: Forms): Search {
  return { written: buildAutomaton(written), coded: buildAutomaton(coded) };
}

function hide(text: string, search: Search): string {
  const spans: Span[] = [];
  createScanner(search).scan(text, 0, spans);
  return spans.length === 0 ? text : maskSpans(text, spans);
}

/** A text whose units are the bytes of this one in UTF-8. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}
