import { nameInInfo, nameInLine } from './block-name.ts';
import type { BlockReader } from './blocks.ts';
import { closes, fenceAt, isMarkdownLanguage, languageOf, reaches } from './fence.ts';
import type { Fence } from './fence.ts';
import { isMarkdownName } from './file-name.ts';

/**
 * Reads fenced blocks as CommonMark does, but that a block of Markdown may hold blocks with fences no longer than its
 * own, as models write READMEs. Where those do not pair up, CommonMark's reading stands. A block that nothing closes
 * goes to the end of the text.
 */
export function fencedBlocks(lines: readonly string[]): BlockReader {
  const fences = lines.flatMap((_, line) => fenceAt(lines, line) ?? []);
  const places = new Map(fences.map((fence, index) => [fence.line, index]));
  const nested = pairNested(lines, fences);
  return (start) => {
    const index = places.get(start);
    const opener = index === undefined ? undefined : fences[index];
    if (index === undefined || opener === undefined) return undefined;
    const closing = nested.get(opener) ?? nextClosing(fences, index);
    const end = closing?.line ?? lines.length;
    const content = lines.slice(start + 1, end).map((line) => outdent(line, opener.indent));
    const by = { info: opener.info, above: lineAbove(lines, start), heading: '' };
    return { start, end, closed: closing !== undefined, by, lines: content };
  };
}

/** For each block of Markdown the fence that ends it, when all blocks inside it are closed. */
function pairNested(lines: readonly string[], fences: readonly Fence[]): Map<Fence, Fence> {
  const ends = new Map<Fence, Fence>();
  const open: { readonly fence: Fence; readonly markdown: boolean }[] = [];
  for (const fence of fences) {
    const top = open.at(-1);
    if (top !== undefined && !reaches(fence, top.fence)) continue;
    if (top === undefined || (top.markdown && opensInside(lines, fence))) {
      open.push({ fence, markdown: isMarkdown(lines, fence) });
    } else if (fence.info === '') {
      open.pop();
      if (top.markdown) ends.set(top.fence, fence);
    }
  }
  return ends;
}

/** Inside Markdown a bare fence ends the block, unless it stands like the start of one: after a blank line, before text. */
function opensInside(lines: readonly string[], fence: Fence): boolean {
  if (fence.info !== '') return true;
  const before = (lines[fence.line - 1] ?? '').trim();
  const after = (lines[fence.line + 1] ?? '').trim();
  return (before === '' || before.endsWith(':')) && after !== '';
}

function isMarkdown(lines: readonly string[], fence: Fence): boolean {
  const language = languageOf(fence.info);
  if (language !== '') return isMarkdownLanguage(language);
  const name = nameInInfo(fence.info) ?? nameInLine(lineAbove(lines, fence.line));
  return name !== undefined && isMarkdownName(name);
}

function nextClosing(fences: readonly Fence[], at: number): Fence | undefined {
  const opener = fences[at] as Fence;
  for (let next = at + 1; next < fences.length; next++) {
    if (closes(fences[next] as Fence, opener)) return fences[next];
  }
  return undefined;
}

/** The nearest line above that is not blank, or nothing. */
function lineAbove(lines: readonly string[], line: number): string {
  let above = line - 1;
  while (above > 0 && lines[above]?.trim() === '') above--;
  return lines[above] ?? '';
}

function outdent(line: string, indent: number): string {
  let start = 0;
  while (start < indent && (line[start] === ' ' || line[start] === '\t')) start++;
  return line.slice(start);
}
