import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { answerLines } from './answer-text.ts';
import type { Lines } from './answer-text.ts';
import { canBe, nameInComment, nameInInfo, nameInLine, nameInTag } from './block-name.ts';
import { blocksOf, onlyBlock } from './blocks.ts';
import type { Block, FenceNames } from './blocks.ts';
import { isMarkdownLanguage, languageOf } from './fence.ts';
import { isMarkdownName } from './file-name.ts';
import { tidy, whyOutside } from './why-outside.ts';

/** A file that a model wrote. */
export type FileAnswer = {
  /** Relative, with `/` between its parts, and below whatever folder it is joined to. */
  readonly path: string;
  /** Lines end with `\n`, also the last one. */
  readonly content: string;
};

type Named = FileAnswer & {
  /** Whether its fence or tag names it, not only what stands near it. */
  readonly explicit: boolean;
  readonly line: number;
  readonly closed: boolean;
};

/**
 * The files in a model's answer, in the order of their first mention; none is an empty list. Never throws, in time
 * proportional to the text.
 *
 * A fenced block is a file when its info string names one, or else the heading, bold or quoted name or `File: x` right
 * above it, or else the comment that is its first line (which then is not part of the file), or else the heading that
 * it is the first block below; so is what stands between `<file path="x">` and `</file>`, also where the name is in a
 * `<path>` of its own or the tag is called `document`, `code`, `source` or `artifact`. Blocks without a name, diffs, and commands below a file's name are not files; nor is
 * a snippet that only stands below the name of a file whose fence or tag names it elsewhere.
 *
 * Errors: `bad_answer` for a name outside the project, a file that nothing ends (the answer was cut), and one that is
 * there twice with different content; `details` have `line` and `path`.
 */
export function parseFiles(text: string): Result<FileAnswer[]> {
  const answer = answerLines(text);
  const named = namedIn(answer);
  return filesOf(named.length > 0 ? named : namedIn(wrapped(answer)));
}

function filesOf(named: readonly Named[]): Result<FileAnswer[]> {
  const files = new Map<string, Named>();
  for (const file of named) {
    const fault = faultIn(file) ?? faultBetween(files.get(file.path), file);
    if (fault !== undefined) return err(refusal(fault, file));
    if (file.explicit || !files.has(file.path)) files.set(file.path, file);
  }
  return ok([...files.values()].map(({ path, content }) => ({ path, content })));
}

function faultIn({ path, closed }: Named): string | undefined {
  const outside = whyOutside(path);
  if (outside !== undefined) return `expected a path inside the project, got ${JSON.stringify(path)}: ${outside}`;
  return closed ? undefined : `expected ${path} to be whole, nothing ends it`;
}

function faultBetween(known: Named | undefined, file: Named): string | undefined {
  if (known === undefined || known.explicit !== file.explicit || known.content === file.content) return undefined;
  return `expected ${file.path} once, got it in line ${known.line} and, with other content, in line ${file.line}`;
}

function refusal(fault: string, { line, path }: Named): OrchError {
  return new OrchError('bad_answer', `Line ${line} of the answer: ${fault}.`, { details: { line, path } });
}

function namedIn({ lines, first }: Lines): Named[] {
  return blocksOf(lines).flatMap((block) => {
    const { by, start, closed } = block;
    const file = 'tag' in by ? fileOfTag(by.tag, block) : fileOfFence(by, block);
    if (file === undefined) return [];
    const path = whyOutside(file.path) === undefined ? tidy(file.path) : file.path;
    return [{ ...file, path, line: first + start, closed }];
  });
}

type Found = FileAnswer & Pick<Named, 'explicit'>;

function fileOfTag(tag: string, { lines }: Block): Found | undefined {
  const path = nameInTag(tag);
  return path === undefined ? undefined : { path, content: joined(unfenced(lines, path)), explicit: true };
}

function fileOfFence({ info, above, heading }: FenceNames, { lines }: Block): Found | undefined {
  const named = nameInInfo(info);
  const near = named ?? nameInLine(above);
  const comment = near === undefined ? nameInComment(lines[0] ?? '') : undefined;
  const path = near ?? comment ?? nameInLine(heading);
  if (path === undefined || !canBe(path, info, named !== undefined)) return undefined;
  return { path, content: joined(comment === undefined ? lines : lines.slice(1)), explicit: named !== undefined };
}

/** The lines inside the one fenced block that a tag holds; of a Markdown file only when the fence says so too. */
function unfenced(lines: readonly string[], path: string): readonly string[] {
  const block = onlyBlock(lines);
  const info = block !== undefined && 'info' in block.by ? block.by.info : undefined;
  if (block === undefined || info === undefined) return lines;
  return isMarkdownName(path) && !isMarkdownLanguage(languageOf(info)) ? lines : block.lines;
}

/** The lines inside the one nameless block of Markdown that some models put their whole answer into. */
function wrapped({ lines, first }: Lines): Lines {
  const block = onlyBlock(lines);
  const isInside = block !== undefined && 'info' in block.by && isMarkdownLanguage(languageOf(block.by.info));
  return isInside ? { lines: block.lines, first: first + block.start + 1 } : { lines: [], first };
}

function joined(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
