import type { Hider } from '@orch/contracts';
import { escapeStart, maskSpans } from './mask.ts';
import { createScanner } from './scanner.ts';
import type { Search } from './scanner.ts';
import type { Span } from './spans.ts';

/** Hides words in a text that comes in pieces: what comes out is the same however it is cut. */
export function createHideStream(search: Search): ReturnType<Hider['stream']> {
  let scanner = createScanner(search);
  let text = '';
  let spans: Span[] = [];
  return {
    push(piece) {
      const from = text.length;
      text += piece;
      scanner.scan(text, from, spans);
      return release(settledUpTo(text, spans, scanner.openFrom(text)));
    },
    end() {
      scanner = createScanner(search);
      return release(text.length);
    },
  };

  function release(cut: number): string {
    const out = maskSpans(
      text.slice(0, cut),
      spans.filter(({ end }) => end <= cut),
    );
    text = text.slice(cut);
    spans = spans.filter(({ end }) => end > cut).map(({ start, end }) => ({ start: start - cut, end: end - cut }));
    return out;
  }
}

/** How much of the text can no longer change: no word is open there, no span, no escape sequence, no character. */
function settledUpTo(text: string, spans: readonly Span[], open: number): number {
  const cut = spans.find(({ start, end }) => start < open && open < end)?.start ?? open;
  const floor = spans.findLast(({ end }) => end <= cut)?.end ?? 0;
  const isTorn = cut > floor && /[\ud800-\udbff]/.test(text.charAt(cut - 1));
  return escapeStart(text, { floor, at: isTorn ? cut - 1 : cut });
}
