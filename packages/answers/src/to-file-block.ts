import type { FileAnswer } from './parse-files.ts';

/**
 * A file as a fenced block that `parseFiles` reads back the same: the fence is longer than any inside the content. A
 * last line without an end gets one. A name with control characters, or with backticks or quotes of both kinds, is
 * printed as JSON, and is not read back.
 */
export function toFileBlock({ path, content }: FileAnswer): string {
  const language = /\.([A-Za-z0-9]+)$/.exec(path)?.[1] ?? 'text';
  const fence = '`'.repeat(Math.max(2, longestRun(content)) + 1);
  const end = content === '' || content.endsWith('\n') ? '' : '\n';
  return `${fence}${language} path=${quoted(path)}\n${content}${end}${fence}\n`;
}

function longestRun(text: string): number {
  let longest = 0;
  for (const [run] of text.matchAll(/`+/g)) longest = Math.max(longest, run.length);
  return longest;
}

function quoted(path: string): string {
  const quote = path.includes('"') ? "'" : '"';
  if (/[`\p{Cc}]/u.test(path) || path.includes(quote)) return JSON.stringify(path).replaceAll('`', '\\u0060');
  return `${quote}${path}${quote}`;
}
