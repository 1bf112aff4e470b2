import { fencedBlocks } from './fenced-blocks.ts';
import { fileTags } from './file-tags.ts';

/** A part of an answer that may be a file: a fenced block, or what stands between `<file …>` tags. */
export type Block = {
  /** Its first and last line. */
  readonly start: number;
  readonly end: number;
  /** Whether something ends it; otherwise it goes to the end of the text. */
  readonly closed: boolean;
  /** What names it: the attributes of its tag, or what stands in and above its fence. */
  readonly by: { readonly tag: string } | FenceNames;
  readonly lines: readonly string[];
};

export type FenceNames = {
  readonly info: string;
  /** The nearest written line. */
  readonly above: string;
  /** The nearest heading since the block before; empty when there is none. */
  readonly heading: string;
};

/** Reads the block that starts at a line, if one does. */
export type BlockReader = (line: number) => Block | undefined;

const isHeading = /^\s{0,3}#{1,6}\s/;

/** The outermost blocks of a text, in order. */
export function blocksOf(lines: readonly string[]): Block[] {
  const fenced = fencedBlocks(lines);
  const tagged = fileTags(lines);
  const blocks: Block[] = [];
  let heading = '';
  for (let line = 0; line < lines.length; line++) {
    const block = fenced(line) ?? tagged(line);
    if (block === undefined) {
      if (isHeading.test(lines[line] ?? '')) heading = lines[line] ?? '';
      continue;
    }
    blocks.push('info' in block.by ? { ...block, by: { ...block.by, heading } } : block);
    heading = '';
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
