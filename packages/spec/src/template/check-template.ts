import type { Template } from 'liquidjs';
import { suggest } from '../source/suggest.ts';
import type { Problem } from '../source/problems.ts';
import { templateFault } from './fault.ts';
import { clockRead, createLanguage, plainLanguage, printed, removedTags } from './language.ts';
import { findReferences } from './references.ts';
import type { Reference } from './references.ts';

/** What is wrong at a character of a template. */
export type Finding = Pick<Problem, 'message' | 'hint'> & { readonly index: number };

export type Checked = {
  readonly findings: readonly Finding[];
  /** Whether its tags fit together, so that more can be asked of it. */
  readonly readable: boolean;
  readonly references: readonly Reference[];
};

/** Whether the template can be read at all, and what it reads from outside. */
export function checkTemplate(text: string): Checked {
  const findings = suspicions(withoutRaw(text));
  const templates = parseAll(text, findings);
  if (templates === undefined) return { findings, readable: false, references: [] };
  try {
    return { findings, readable: true, references: findReferences(templates, text) };
  } catch (error) {
    const fault = templateFault(error);
    if (fault === undefined) throw error;
    return { findings: [...findings, fault], readable: false, references: [] };
  }
}

/** Parses past unknown filters, so that all of them are found. */
function parseAll(text: string, findings: Finding[]): Template[] | undefined {
  let language = plainLanguage;
  for (;;) {
    try {
      return language.parse(text);
    } catch (error) {
      const fault = templateFault(error);
      if (fault === undefined) throw error;
      const filter = /^undefined filter: (.*)$/s.exec(fault.message)?.[1];
      if (filter === undefined) return void findings.push(explained(fault));
      findings.push(unknownFilter(filter, text, fault.index));
      if (language === plainLanguage) language = createLanguage(printed);
      language.registerFilter(filter, (value: unknown) => value);
    }
  }
}

function unknownFilter(filter: string, text: string, index: number): Finding {
  const at = text.indexOf(filter, text.indexOf('|', index));
  const known = Object.keys(plainLanguage.filters);
  return { index: at === -1 ? index : at, message: `no filter ${JSON.stringify(filter)}${suggest(filter, known)}` };
}

function explained({ message, index }: Finding): Finding {
  const tag = /^tag "(.*)" not found$/s.exec(message)?.[1];
  if (tag === undefined) return { index, message };
  const known = Object.keys(plainLanguage.tags);
  const hint = removedTags.includes(tag) ? 'templates cannot read other files' : undefined;
  return { index, message: `no tag ${JSON.stringify(tag)}${suggest(tag, known)}`, hint };
}

/** Literal text in blanks, so that every character keeps its place. */
const withoutRaw = (text: string): string =>
  text.replace(/\{%-?\s*raw\s*-?%\}.*?\{%-?\s*endraw\s*-?%\}/gs, (raw) => raw.replace(/[^\n]/g, ' '));

/** What the language would take without a word, though it cannot be meant. */
function suspicions(text: string): Finding[] {
  const foreign = [...text.matchAll(/\$\{\{/g)].map(({ index }) => ({
    index,
    message: '${{ … }} is the notation of another tool',
    hint: 'write {{ … }}; for a dollar sign before a value write {{ "$" }}{{ … }}',
  }));
  const clock = [...text.matchAll(/(['"])(now|today)\1\s*\|\s*date/g)].map(({ 2: word, index }) => ({
    index,
    message: clockRead(word!),
  }));
  return [...foreign, ...clock];
}
