/** A line that may open or close a fenced block: three or more backticks or tildes, then perhaps an info string. */
export type Fence = {
  /** Index of the line. */
  readonly line: number;
  /** White-space characters before the fence. */
  readonly indent: number;
  readonly char: '`' | '~';
  readonly length: number;
  /** What stands behind the fence, trimmed; a line with none can close a block. */
  readonly info: string;
};

/** https://spec.commonmark.org/0.31.2/#fenced-code-blocks, but indented as deeply as the writer liked. */
export function fenceAt(lines: readonly string[], line: number): Fence | undefined {
  const text = lines[line] ?? '';
  const indent = text.length - text.trimStart().length;
  const char = text[indent];
  if (char !== '`' && char !== '~') return undefined;
  let end = indent;
  while (text[end] === char) end++;
  const info = text.slice(end).trim();
  if (end - indent < 3 || (char === '`' && info.includes('`'))) return undefined;
  return { line, indent, char, length: end - indent, info };
}

/** Whether `fence` ends the block that `opener` began: as long or longer, bare, and not indented like code inside it. */
export function closes(fence: Fence, opener: Fence): boolean {
  return fence.info === '' && reaches(fence, opener);
}

/** Whether `fence` is one that the block of `opener` could mistake for its end; all others are its content. */
export function reaches(fence: Fence, opener: Fence): boolean {
  // The lines of a diff that did not change begin with a space, also those that are fences of a Markdown file.
  const deepest = isDiffLanguage(languageOf(opener.info)) ? opener.indent : opener.indent + 3;
  return fence.char === opener.char && fence.length >= opener.length && fence.indent <= deepest;
}

/** The language an info string starts with, lower case: `js` of `js:src/x.js`, `{.python}` or `JS title="x"`. */
export function languageOf(info: string): string {
  return /^\{?\.?([\w+#-]+)(?=$|[\s:,{}])/.exec(info)?.[1]?.toLowerCase() ?? '';
}

export function isDiffLanguage(language: string): boolean {
  return language === 'diff' || language === 'patch' || language === 'udiff';
}

export function isMarkdownLanguage(language: string): boolean {
  return /^(?:md|mdx|markdown)$/.test(language);
}
