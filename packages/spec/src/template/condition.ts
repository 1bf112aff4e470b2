import { Tokenizer } from 'liquidjs';
import { err, ok, OrchError } from '@orch/contracts';
import type { Json, Result, ScopeFile, StepScope } from '@orch/contracts';
import { checkTemplate } from './check-template.ts';
import type { Checked, Finding } from './check-template.ts';
import { renderError } from './fault.ts';
import { plainLanguage } from './language.ts';
import { createParser } from './parse.ts';
import { splitCondition } from './split-condition.ts';
import type { Operand } from './split-condition.ts';

/** What a condition sees: the scope of its step, and, once that has been done, what it came to. */
export type ConditionScope = StepScope & {
  readonly output?: Json;
  readonly files?: readonly ScopeFile[];
  readonly exit_code?: number;
  readonly stderr?: string;
  /** From 1: how often the step has been done to make `repeat_until` true. */
  readonly round?: number;
};

const parse = createParser(plainLanguage);

/**
 * Whether a condition holds: an expression of Liquid as it stands in `{% if … %}`, with filters on either side of an
 * operator, as in `steps.a.output | size > 3`; `{{ … }}` around the whole means nothing. Only nil and false are not
 * true, '' and 'false' are. The error is `template`, or that of a value that could not be read.
 */
export function evaluateCondition(condition: string, scope: ConditionScope): Result<boolean> {
  const template = toTemplate(condition);
  if (!template.ok) return template;
  try {
    return ok(plainLanguage.renderSync(parse(template.value), { ...scope }) === holds);
  } catch (error) {
    return err(renderError(error, '', condition));
  }
}

/** Whether the condition reads a variable at the root of its scope, as `item` in `item.size > 3`. */
export function conditionReads(condition: string, variable: string): boolean {
  return checkCondition(condition).references.some(({ path: [root] }) => root === variable);
}

/** Whether a condition can be read at all, and what it reads from outside. Places count from its first character. */
export function checkCondition(condition: string): Checked {
  const { text, begin } = expressionOf(condition);
  if (hasBraces(text)) return { findings: [{ index: 0, message: withBraces }], readable: false, references: [] };
  const { operands, fault } = splitCondition(text);
  const checked = operands.map((operand) => checkOperand(operand, begin));
  const references = checked.flatMap((one) => one.references);
  if (fault !== undefined) {
    return { findings: [{ ...fault, index: fault.index + begin }], readable: false, references };
  }
  const readable = checked.every((one) => one.readable);
  return { findings: checked.flatMap((one) => one.findings), readable, references };
}

const holds = '1';
const opening = '{{ ';
const withBraces = 'expected a condition without braces, such as steps.build.output.score > 3';

/** Filters come first: what they give gets a name, and that stands in the condition. */
function toTemplate(condition: string): Result<string> {
  const { text } = expressionOf(condition);
  if (hasBraces(text)) return err(unreadable(condition, withBraces));
  const { operands, fault } = splitCondition(text);
  if (fault !== undefined) return err(unreadable(condition, fault.message));
  let asked = '';
  let named = '';
  let from = 0;
  for (const [at, { begin, end, hasFilters }] of operands.entries()) {
    if (!hasFilters) continue;
    named += `{% assign orch_${at} = ${text.slice(begin, end)} %}`;
    asked += `${text.slice(from, begin)}orch_${at}`;
    from = end;
  }
  return ok(`${named}{% if ${asked}${text.slice(from)} %}${holds}{% endif %}`);
}

/** The condition without the braces that may stand around it, and where it begins. */
function expressionOf(condition: string): { readonly text: string; readonly begin: number } {
  const inner = /^\s*\{\{-?(.*?)-?\}\}\s*$/s.exec(condition)?.[1];
  return inner === undefined ? { text: condition, begin: 0 } : { text: inner, begin: condition.indexOf(inner) };
}

/** Each by itself, so that all faults are found, and places can be told. */
function checkOperand({ text, begin }: Operand, offset: number): Checked {
  const { findings, references, readable } = checkTemplate(`${opening}${text} }}`);
  const second = readable ? secondValue(text) : undefined;
  const joined = { index: opening.length + (second ?? 0), message: 'expected an operator such as == or and before it' };
  const moved = <T extends { readonly index: number }>(place: T): T => {
    return { ...place, index: Math.max(0, place.index - opening.length) + begin + offset };
  };
  const found = second === undefined ? findings.map(aboutQuotes) : [...findings, joined];
  return { findings: found.map(moved), references: references.map(moved), readable };
}

/** Where a value begins that no operator joins to the one before: Liquid would leave it out without a word. */
function secondValue(text: string): number | undefined {
  const tokenizer = new Tokenizer(text);
  tokenizer.readValue();
  tokenizer.skipBlank();
  return tokenizer.end() || tokenizer.peek() === '|' ? undefined : tokenizer.p;
}

const aboutQuotes = (finding: Finding): Finding =>
  /^output .* not closed$/s.test(finding.message)
    ? { ...finding, message: 'a quote or bracket is not closed' }
    : finding;

const hasBraces = (text: string): boolean => /\{[{%]|[}%]\}/.test(text);

function unreadable(condition: string, message: string): OrchError {
  return new OrchError('template', `${condition}: ${message}`);
}
