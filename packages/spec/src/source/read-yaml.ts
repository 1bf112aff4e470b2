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
    for (const fault of faults) noteFault(fault, own);
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

function noteFault({ pos, code, message }: YAMLError, problems: Problems): void {
  const { text } = problems.source;
  const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1;
  const lineEnd = text.indexOf('\n', lineStart);
  const template = /(?:^|[:-])\s+\{[{%]/.exec(text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd));
  const words = code === 'MULTIPLE_DOCS' ? 'expected one document, got a second one' : lowerFirst(message);
  if (template === null) problems.add(pos[0], { code: 'syntax', message: words });
  else problems.add(lineStart + template.index + template[0].length - 2, unquotedTemplate(''));
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
