import { parseDocument } from 'yaml';
import type { YAMLError } from 'yaml';
import type { Problems } from './problems.ts';
import type { Source } from './source.ts';
import { unquotedTemplate } from './unquoted-template.ts';
import { YamlReader } from './yaml-reader.ts';
import type { Unreadable, Written } from './written.ts';

/** YAML 1.2 (core schema) or JSON with the place of every value. Undefined when there is none. */
export function readYaml(source: Source, problems: Problems): Written | undefined {
  const own = problems.in(source);
  try {
    const document = parseDocument(source.text, options);
    const faults = [...document.errors, ...document.warnings];
    const exhausted = faults.find(({ code }) => code === 'RESOURCE_EXHAUSTION');
    if (exhausted !== undefined) return tooDeep(exhausted.pos[0], own);
    for (const fault of withoutEchoes(faults)) noteFault(fault, own);
    if (faults.length > 0) return unreadable;
    return document.contents === null ? undefined : new YamlReader(document, own).read(document.contents, '');
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return tooDeep(0, own);
  }
}

const unreadable: Unreadable = { type: 'unreadable', span: [0, 0] };

function tooDeep(offset: number, problems: Problems): Unreadable {
  problems.add(offset, { code: 'syntax', message: 'nested too deeply' });
  return unreadable;
}

const options = {
  schema: 'core',
  version: '1.2',
  prettyErrors: false,
  uniqueKeys: false,
  resolveKnownTags: false,
  logLevel: 'error',
} as const;

/** Where the text stops being YAML, what follows is noise: tokens nobody expects. */
function withoutEchoes(faults: readonly YAMLError[]): readonly YAMLError[] {
  return faults.filter(({ code }, index) => index === 0 || code !== 'UNEXPECTED_TOKEN');
}

function noteFault({ pos, code, message }: YAMLError, problems: Problems): void {
  const template = unquotedTag(problems.source.text, pos[0], code);
  const words = code === 'MULTIPLE_DOCS' ? 'expected one document, got a second one' : lowerFirst(message);
  if (template === undefined) problems.add(pos[0], { code: 'syntax', message: words });
  else problems.add(template, unquotedTemplate(''));
}

/** Where a template without quotes begins that explains a fault: as the whole value, or right before the fault. */
function unquotedTag(text: string, at: number, code: string): number | undefined {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const lineEnd = text.indexOf('\n', lineStart);
  const value = /(?:^|[:-])\s+\{[{%]/.exec(text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd));
  if (value !== null) return lineStart + value.index + value[0].length - 2;
  const before = text.slice(lineStart, at + 2);
  const tag = Math.max(before.lastIndexOf('{{'), before.lastIndexOf('{%'));
  const isQuoted = (before.slice(0, tag).match(/["']/g) ?? []).length % 2 === 1;
  return code === 'UNEXPECTED_TOKEN' && tag !== -1 && !isQuoted ? lineStart + tag : undefined;
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
