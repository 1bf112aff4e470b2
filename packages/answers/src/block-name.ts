import { isDiffLanguage, languageOf } from './fence.ts';
import { cleanName, extensionOf, isFileName, isMarkdownName, isPath } from './file-name.ts';

const attribute = /(?:^|[\s{,])(title|file_?name|file|path)\s*[=:]\s*(?:"([^"]+)"|'([^']+)'|([^\s{},"']+))/i;
const tagAttribute = /(?:^|\s)(?:path|name|filename|file)\s*=\s*(?:"([^"]+)"|'([^']+)'|([^\s"'>]+))/i;
const label = /^(?:file(?:\s?name)?|path)\s*:\s*(\S.*)$/i;
const marker = /^(?:(?:[-*+]|\d+[.)]|\p{Extended_Pictographic}\uFE0F?)\s+)+/u;
const comment =
  /^\s*(?:\/\/+|(#)|--+|;+|%+|\/\*+|<!--|\(\*)\s*(?:(?:file(?:name)?|path)\s*:\s*)?([^\s*]+)\s*(?:\*\/|-->|\*\))?\s*$/i;

/** From an info string: `js x.js`, `x.js`, `js:x.js`, `js title="x.js"` (also `filename`, `file`, `path`). */
export function nameInInfo(info: string): string | undefined {
  if (!mayName(info)) return undefined;
  const [, key = '', ...values] = attribute.exec(info) ?? [];
  const value = firstOf(values);
  if (value !== undefined && (key.toLowerCase() !== 'title' || isPath(value))) return value;
  const [first = '', second, third] = wordsOf(info.replaceAll(/\{[^{}]*\}/g, ' '));
  if (third !== undefined) return undefined;
  const afterLanguage = second ?? /^[A-Za-z][\w+#-]*:(.+)$/.exec(first)?.[1];
  return afterLanguage === undefined ? nameOf(first, isFileName) : nameOf(afterLanguage, isPath);
}

/** From the attributes of a tag: `path="x.js"` (also `name`, `filename`, `file`). */
export function nameInTag(attributes: string): string | undefined {
  const [, ...values] = tagAttribute.exec(attributes) ?? [];
  return firstOf(values);
}

/** From the line above a block: a heading, bold or quoted name that stands alone, or `File: x`. */
export function nameInLine(line: string): string | undefined {
  if (!mayName(line)) return undefined;
  const heading = /^\s*#{1,6}\s+(.*)$/.exec(line)?.[1]?.replace(/\s#+\s*$/, '');
  const body = (heading ?? line).replaceAll('**', '').trim().replace(marker, '');
  const labelled = label.exec(body)?.[1];
  if (labelled !== undefined) return onlyCodeSpan(labelled) ?? alone(labelled, isPath);
  return (heading === undefined ? undefined : onlyCodeSpan(body)) ?? alone(body, isFileName);
}

/** From the first line of a block when it is a comment that holds nothing else: `// x.js`, `# x.py`, `<!-- x.html -->`. */
export function nameInComment(line: string): string | undefined {
  if (!mayName(line)) return undefined;
  const [, hash, word = ''] = comment.exec(line) ?? [];
  const name = nameOf(word, isFileName);
  const isTitle = hash !== undefined && name !== undefined && isMarkdownName(name);
  return isTitle ? undefined : name;
}

/** Whether a block in this language can be the content of that file: a diff of it or a command about it is not. */
export function canBe(name: string, info: string, nameIsInFence: boolean): boolean {
  const language = languageOf(info);
  const extension = extensionOf(name);
  if (isDiffLanguage(language)) return extension === 'diff' || extension === 'patch';
  return nameIsInFence || !shells.test(language) || extension === '' || shellFiles.test(extension);
}

const shells =
  /^(?:sh|bash|zsh|fish|shell|console|terminal|(?:shell|sh|bash)-?session|powershell|pwsh|ps1|cmd|bat|batch)$/;
const shellFiles = /^(?:sh|bash|zsh|fish|ps1|bat|cmd|env|envrc|bashrc|zshrc|profile|service)$/;

/** Names are short; longer lines are not looked at, so that no line costs more than its length. */
function mayName(line: string): boolean {
  return line.length <= 400 && /\w/.test(line);
}

function wordsOf(info: string): string[] {
  const words = info.match(/"[^"]*"|'[^']*'|\S+/g) ?? [];
  return words.filter((word) => !/^(?:\/\/|#|-+|:)$/.test(word));
}

/** The value of an attribute, whichever way it was quoted. */
function firstOf(values: readonly (string | undefined)[]): string | undefined {
  const value = values.find((each) => each !== undefined);
  return value === undefined ? undefined : nameOf(value, (name) => name !== '');
}

function onlyCodeSpan(text: string): string | undefined {
  const [span, another] = [...text.matchAll(/`([^`]+)`/g)];
  return span === undefined || another !== undefined ? undefined : nameOf(span[1] ?? '', isFileName);
}

/** The name that is all of a text, but for a remark in brackets or behind a dash. */
function alone(text: string, isName: (word: string) => boolean): string | undefined {
  return nameOf(text.split(/\s+(?=[(–—-])/, 1)[0] ?? '', isName);
}

function nameOf(word: string, isName: (word: string) => boolean): string | undefined {
  const name = cleanName(word);
  return isName(name) ? name : undefined;
}
