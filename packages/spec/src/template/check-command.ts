import { findQuoting, FLOW, OUTPUT } from './shell-quotes.ts';
import { readTags } from './tags.ts';
import type { Part } from './tags.ts';
import type { Finding } from './check-template.ts';

/** Tags that leave no trace in the line, and stand anywhere. */
const silent = new Set(['raw', 'endraw', 'comment', 'endcomment', '#', 'assign']);

/** Tags that decide what is printed. All others print something themselves. */
const flow = new Set([
  ...['if', 'elsif', 'else', 'endif', 'unless', 'endunless', 'case', 'when', 'endcase'],
  ...['for', 'endfor', 'break', 'continue'],
]);

/**
 * What a shell line may not do with templates: each output becomes `"$ORCH_V1"`, which is right only where the shell
 * reads plain words. Tags that choose between pieces of the line stand there too, so that every choice is right.
 */
export function checkCommand(template: string): Finding[] {
  const parts = readTags(template);
  const tags = parts.filter(isScanned);
  const places = findQuoting(parts.map(shellText).join(''));
  const quoted = tags.flatMap((tag, at) => {
    const place = places[at];
    return place === undefined ? [] : [quotedTag(tag, place)];
  });
  return [...quoted, ...parts.flatMap(printingTag)];
}

type TagPart = Exclude<Part, { type: 'text' }>;

const isScanned = (part: Part): part is TagPart =>
  part.type === 'output' || (part.type === 'tag' && flow.has(part.name));

function shellText(part: Part): string {
  if (part.type === 'text') return part.text.replace(/[\uE000\uE001]/g, '?');
  if (part.type === 'output') return OUTPUT;
  return flow.has(part.name) ? FLOW : '';
}

function quotedTag({ type, index, written }: TagPart, place: string): Finding {
  const stands = `${written} stands in ${place}`;
  if (type === 'tag') return { index, message: `${stands}; tags may only stand between the words of a command` };
  return {
    index,
    message: `${stands}; it becomes "$ORCH_V1", quotes included, and must stand by itself in the command`,
    hint: 'take it out of the quotes, or set a variable before: x={{ … }}; echo "see $x"',
  };
}

function printingTag(part: Part): Finding[] {
  if (part.type !== 'tag' || silent.has(part.name) || flow.has(part.name)) return [];
  return [{ index: part.index, message: `${part.written} has no place in a command; print values with {{ … }}` }];
}
