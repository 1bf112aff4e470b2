import { stripVTControlCharacters } from 'node:util';
import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { SaxesParser } from 'saxes';
import { Tally } from './tally.ts';
import type { TestResults } from './tally.ts';

/**
 * Reads the JUnit XML in a text, whatever stands around it, and counts its `testcase` elements at any depth. The sums
 * that `testsuite` elements carry are not trusted. Several documents are added up. A `todo` that fails counts as
 * skipped, and a test file without tests, which `node --test` reports as a passed test of that name, not at all.
 *
 * Error: `gate_error` when there is no document, or one that is cut off or not well-formed.
 */
export function parseJunit(text: string): Result<TestResults> {
  const xml = stripVTControlCharacters(text).replaceAll(illegal, '');
  const tally = new Tally();
  const opening = /<(testsuites?)(?=[\s/>])/g;
  let match = opening.exec(xml);
  if (match === null) return err(unreadable('found none'));
  for (; match !== null; match = opening.exec(xml)) {
    const end = readDocument(xml, match, tally);
    if (!end.ok) return end;
    opening.lastIndex = end.value;
  }
  return ok(tally.results);
}

/** What XML 1.0 cannot hold (https://www.w3.org/TR/xml/#charsets) but reporters write. */
const illegal = /[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Reads from the opening tag to where its element ends, and returns that place: what follows need not be XML. */
function readDocument(xml: string, opening: RegExpExecArray, tally: Tally): Result<number> {
  const closing = `</${opening[1]}>`;
  const read = openDocument(tally);
  for (let at = opening.index, end = endOf(xml, '>', at); end !== -1; end = endOf(xml, closing, at)) {
    try {
      if (read(xml.slice(at, end)) === 'whole') return ok(end);
    } catch (cause) {
      return err(unreadable(`found some that are not well-formed (${(cause as Error).message})`, cause));
    }
    at = end;
  }
  return err(unreadable(`found some that are cut off before their ${closing}`));
}

/** Takes a document piece by piece and says when its outermost element is closed; throws where it is not well-formed. */
function openDocument(tally: Tally): (piece: string) => 'open' | 'whole' {
  const parser = new SaxesParser();
  let opened = 0;
  let closed = 0;
  parser.on('opentag', ({ name, attributes }) => {
    opened++;
    tally.open(name, attributes);
  });
  parser.on('closetag', ({ name }) => {
    closed++;
    tally.close(name);
  });
  parser.on('text', (text) => tally.text(text));
  parser.on('cdata', (text) => tally.text(text));
  return (piece) => {
    parser.write(piece);
    return opened > 0 && opened === closed ? 'whole' : 'open';
  };
}

function endOf(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found === -1 ? -1 : found + what.length;
}

function unreadable(found: string, cause?: unknown): OrchError {
  return new OrchError('gate_error', `Expected JUnit results, ${found}.`, {
    hint: 'Have the command print or write them, for example with `node --test --test-reporter=junit`.',
    cause,
  });
}
