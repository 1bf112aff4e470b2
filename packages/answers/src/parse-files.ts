import { answerLines } from './answer-text.ts';
import { canBe, nameInComment, nameInInfo, nameInLine, nameInTag } from './block-name.ts';
import { blocksOf, onlyBlock } from './blocks.ts';
import { isMarkdownLanguage, languageOf } from './fence.ts';
import { isMarkdownName } from './file-name.ts';

/** A file that a model wrote. */
export type FileAnswer = {
  /** As the model wrote it, without quotes and a leading `./`; whether it is safe to write is for the writer to decide. */
  readonly path: string;
  /** Lines end with `\n`, also the last one. */
  readonly content: string;
};

type Named = FileAnswer & { readonly explicit: boolean };

/**
 * The files in a model's answer, in the order of their first mention; none is an empty list. Never throws, in time
 * proportional to the text.
 *
 * A fenced block is a file when its info string names one, or else the heading, bold or quoted name or `File: x` right
 * above it, or else the comment that is its first line (which then is not part of the file); so is what stands between
 * `<file path="x">` and `</file>`. Blocks without a name, diffs, and commands below a file's name are not files.
 *
 * Of blocks with the same name the last counts, but one that its fence or tag names is never replaced by one that only
 * stands below the name.
 */
export function parseFiles(text: string): FileAnswer[] {
  const lines = answerLines(text);
  const files = filesOf(lines);
  return files.length > 0 ? files : filesOf(wrapped(lines));
}

function filesOf(lines: readonly string[]): FileAnswer[] {
  const files = new Map<string, Named>();
  for (const block of blocksOf(lines)) {
    const file = 'tag' in block.by ? fileOfTag(block.by.tag, block.lines) : fileOfFence(block.by, block.lines);
    if (file === undefined) continue;
    if (file.explicit || files.get(file.path)?.explicit !== true) files.set(file.path, file);
  }
  return [...files.values()].map(({ path, content }) => ({ path, content }));
}

function fileOfTag(tag: string, lines: readonly string[]): Named | undefined {
  const path = nameInTag(tag);
  return path === undefined ? undefined : { path, content: joined(unfenced(lines, path)), explicit: true };
}

function fileOfFence({ info, above }: { info: string; above: string }, lines: readonly string[]): Named | undefined {
  const named = nameInInfo(info);
  const near = named ?? nameInLine(above);
  const path = near ?? nameInComment(lines[0] ?? '');
  if (path === undefined || !canBe(path, info, named !== undefined)) return undefined;
  return { path, content: joined(near === undefined ? lines.slice(1) : lines), explicit: named !== undefined };
}

/** The lines inside the one fenced block that a tag holds; of a Markdown file only when the fence says so too. */
function unfenced(lines: readonly string[], path: string): readonly string[] {
  const block = onlyBlock(lines);
  const info = block !== undefined && 'info' in block.by ? block.by.info : undefined;
  if (block === undefined || info === undefined) return lines;
  return isMarkdownName(path) && !isMarkdownLanguage(languageOf(info)) ? lines : block.lines;
}

/** The lines inside the one nameless block of Markdown that some models put their whole answer into. */
function wrapped(lines: readonly string[]): readonly string[] {
  const block = onlyBlock(lines);
  const inside = block !== undefined && 'info' in block.by && isMarkdownLanguage(languageOf(block.by.info));
  return inside ? block.lines : [];
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
