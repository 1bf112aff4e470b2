import { fencedBlocks } from './fenced-blocks.ts';
import { fileTags } from './file-tags.ts';

/** A part of an answer that may be a file: a fenced block, or what stands between `<file …>` tags. */
export type Block = {
  /** Its first and last line. */
  readonly start: number;
  readonly end: number;
  /** Whether something ends it; otherwise it goes to the end of the text. */
  readonly closed: boolean;
  /** What names it: the attributes of its tag, or the info string of its fence and the nearest written line above. */
  readonly by: { readonly tag: string } | { readonly info: string; readonly above: string };
  readonly lines: readonly string[];
};

/** Reads the block that starts at a line, if one does. */
export type BlockReader = (line: number) => Block | undefined;

/** The outermost blocks of a text, in order. */
export function blocksOf(lines: readonly string[]): Block[] {
  const fenced = fencedBlocks(lines);
  const tagged = fileTags(lines);
  const blocks: Block[] = [];
  for (let line = 0; line < lines.length; line++) {
    const block = fenced(line) ?? tagged(line);
    if (block === undefined) continue;
    blocks.push(block);
    line = block.end;
  }
  return blocks;
}

/** The block of a text that is nothing but one block. */
export function onlyBlock(lines: readonly string[]): Block | undefined {
  const [block, another] = blocksOf(lines);
  if (block === undefined || another !== undefined) return undefined;
  return lines.every((line, at) => (at >= block.start && at <= block.end) || line.trim() === '') ? block : undefined;
}
