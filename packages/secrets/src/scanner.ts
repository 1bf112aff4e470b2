import { rowSize, step } from './automaton.ts';
import type { Automaton } from './automaton.ts';
import { addSpan } from './spans.ts';
import type { Span } from './spans.ts';

/** Words to look for. */
export type Search = {
  readonly written: Automaton;
  /** These may be broken by blanks and line ends, as long encoded texts are. */
  readonly coded: Automaton;
};

/** Looks through a text that may grow at its end. */
export type Scanner = {
  /** Adds the parts that are words to those known before: what stands between `from` and the end of the text. */
  scan(text: string, from: number, spans: Span[]): void;
  /** Where the first word may have begun that the end of the text leaves open; the end where there is none. */
  openFrom(text: string): number;
};

/** Blanks and line ends between two units of a word, at most: a line end and an indentation. */
const widestGap = 16;

export function createScanner(search: Search): Scanner {
  const place = { written: 0, coded: 0, gap: 0 };
  return {
    scan: (text, from, spans) => scan(search, place, { text, from, spans }),
    openFrom(text) {
      const ofWritten = text.length - openUnits(search.written, place.written);
      const codedUnits = openUnits(search.coded, place.coded);
      return codedUnits === 0 ? ofWritten : Math.min(ofWritten, codedStart(text, text.length, codedUnits));
    },
  };
}

/** How far words have come: nodes of the automata, and blanks since the last unit of a coded one. */
type Place = { written: number; coded: number; gap: number };
type Piece = { readonly text: string; readonly from: number; readonly spans: Span[] };

/** Both kinds of words in one pass: the loop of all that is hidden. */
function scan({ written, coded }: Search, place: Place, { text, from, spans }: Piece): void {
  const { rows: writtenRows, rowCount: writtenCount } = written;
  const { rows: codedRows, rowCount: codedCount } = coded;
  let { written: w, coded: c, gap } = place;
  for (let at = from; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    w = w < writtenCount && unit < rowSize ? writtenRows[w * rowSize + unit]! : step(written, w, unit);
    if (w >= writtenCount && written.hit[w] !== 0) addSpan(spans, { start: at + 1 - written.hit[w]!, end: at + 1 });
    if (unit <= 32 && isBlank(unit)) {
      if (c !== 0 && ++gap > widestGap) c = 0;
      continue;
    }
    gap = 0;
    c = c < codedCount && unit < rowSize ? codedRows[c * rowSize + unit]! : step(coded, c, unit);
    if (c < codedCount || coded.hit[c] === 0) continue;
    addSpan(spans, { start: codedStart(text, at + 1, coded.hit[c]!), end: at + 1 });
  }
  Object.assign(place, { written: w, coded: c, gap });
}

/** Units of the longest word that has begun and may go on. */
function openUnits({ firstChild, fallback, depth }: Automaton, from: number): number {
  let node = from;
  while (node !== 0 && firstChild[node] === 0) node = fallback[node]!;
  return depth[node]!;
}

function isBlank(unit: number): boolean {
  return unit === 32 || unit === 10 || unit === 13 || unit === 9;
}

function codedStart(text: string, end: number, units: number): number {
  let start = end;
  for (let missing = units; missing > 0; start--) if (!isBlank(text.charCodeAt(start - 1))) missing--;
  return start;
}
