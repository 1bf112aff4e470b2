import { answerText, linesOf } from './answer-text.ts';
import { nameInInfo, nameInLine } from './block-name.ts';
import { blocksOf } from './blocks.ts';
import type { Block, FenceNames } from './blocks.ts';
import { isDiffLanguage, languageOf } from './fence.ts';
import { startsFile } from './read-file-diff.ts';
import type { DiffText } from './read-hunk.ts';

/** A part of an answer that holds diffs. */
export type PlacedText = DiffText & {
  /** The number of its first line in the whole text. */
  readonly first: number;
  /** The file that hunks without names are about. */
  readonly named: string | undefined;
  /** False when the block that holds it is not closed. */
  readonly isWhole: boolean;
};

type FencedBlock = Block & { readonly by: FenceNames };

/** The fenced blocks of a text that hold diffs; all of the text when diffs stand outside of blocks. */
export function diffTexts(text: string): PlacedText[] {
  const answer = answerText(text);
  const lines = linesOf(answer);
  const before = text.slice(0, text.length - answer.length).split('\n').length;
  const raw = answer.split('\n');
  const header = lines.findIndex((_, at) => startsFile(lines, at));
  const blocks = blocksOf(lines).filter((block): block is FencedBlock => 'info' in block.by);
  const isFenced = header === -1 || blocks.some(({ start, end }) => start < header && header < end);
  if (!isFenced) return [{ lines: raw, first: before, isBare: false, named: undefined, isWhole: true }];
  const holding = blocks.filter(({ by, lines: inside }) => {
    return isDiffLanguage(languageOf(by.info)) || inside.some((_, at) => startsFile(inside, at));
  });
  return holding.map(({ by, start, closed, lines: inside }) => ({
    lines: inside.map((line, at) => (raw[start + 1 + at]?.endsWith('\r') === true ? `${line}\r` : line)),
    first: before + start + 1,
    isBare: true,
    named: nameInInfo(by.info) ?? nameInLine(by.above),
    isWhole: closed,
  }));
}
