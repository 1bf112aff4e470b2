/** A value in a condition, perhaps with filters: where it begins and ends, without the blanks around it. */
export type Operand = {
  readonly begin: number;
  readonly end: number;
  readonly text: string;
  readonly hasFilters: boolean;
};

type Fault = { readonly index: number; readonly message: string };

type SplitCondition = { readonly operands: readonly Operand[]; readonly fault: Fault | undefined };

type Operator = { readonly begin: number; readonly end: number; readonly kind: 'join' | 'compare' | 'not' };

/** Cuts a condition at its operators, as far as it makes sense. */
export function splitCondition(text: string): SplitCondition {
  const { operators, fault } = findOperators(text);
  const cuts = [{ begin: 0, end: 0, kind: 'start' } as const, ...operators];
  const operands: Operand[] = [];
  for (const [at, cut] of cuts.entries()) {
    const next = operators[at];
    const operand = operandAt(text, cut.end, next?.begin ?? text.length);
    if (operand !== undefined) operands.push(operand);
    const missing = fault ?? misplaced(text, { cut, operand, next, before: cuts.slice(0, at + 1) });
    if (missing !== undefined) return { operands, fault: missing };
  }
  return { operands, fault };
}

type Place = {
  readonly cut: Operator | { readonly kind: 'start'; readonly begin: number; readonly end: number };
  readonly operand: Operand | undefined;
  readonly next: Operator | undefined;
  readonly before: readonly { readonly kind: string }[];
};

function misplaced(text: string, { cut, operand, next, before }: Place): Fault | undefined {
  if (next?.kind === 'not' && operand === undefined) return undefined;
  const word = (operator: { begin: number; end: number }) => text.slice(operator.begin, operator.end);
  if (next?.kind === 'not') return { index: next.begin, message: 'expected and or or before not' };
  if (operand === undefined && cut.kind === 'start') return { index: 0, message: 'expected a condition, got nothing' };
  if (operand === undefined) return { index: cut.begin, message: `expected a value after ${word(cut)}` };
  const since = before.slice(1 + before.findLastIndex(({ kind }) => kind === 'join'));
  if (next?.kind !== 'compare' || !since.some(({ kind }) => kind === 'compare')) return undefined;
  return { index: next.begin, message: `${word(next)} compares two values; join comparisons with and` };
}

function operandAt(text: string, from: number, to: number): Operand | undefined {
  const part = text.slice(from, to);
  const begin = from + part.length - part.trimStart().length;
  const trimmed = part.trim();
  if (trimmed === '') return undefined;
  return { begin, end: begin + trimmed.length, text: trimmed, hasFilters: hasPipe(trimmed) };
}

function hasPipe(operand: string): boolean {
  let found = false;
  scan(operand, (index) => {
    found ||= operand[index] === '|';
    return index + 1;
  });
  return found;
}

const symbols = /==|!=|>=|<=|>|</y;
const words = /(and|or|contains|not)(?=[\s"'(]|$)/y;
const foreign = /&&|\|\||=|!/y;
const meant: Readonly<Record<string, string>> = { '&&': 'and', '||': 'or', '=': '==', '!': 'not' };

function findOperators(text: string): { readonly operators: readonly Operator[]; readonly fault: Fault | undefined } {
  const operators: Operator[] = [];
  let fault: Fault | undefined;
  scan(text, (index) => {
    const symbol = matchAt(symbols, text, index);
    const isFree = index === 0 || /[\s"')\]<>=]/.test(text[index - 1]!);
    const operator = symbol ?? (isFree ? matchAt(words, text, index) : undefined);
    if (operator !== undefined) {
      const end = index + operator.length;
      operators.push({ begin: index, end, kind: symbol === undefined ? kindOf(operator) : 'compare' });
      return end;
    }
    const stray = matchAt(foreign, text, index);
    if (stray !== undefined) fault ??= { index, message: `expected ${meant[stray]}, got ${stray}` };
    return index + (stray?.length ?? 1);
  });
  return { operators, fault };
}

function kindOf(word: string): Operator['kind'] {
  if (word === 'contains') return 'compare';
  return word === 'not' ? 'not' : 'join';
}

function matchAt(pattern: RegExp, text: string, index: number): string | undefined {
  pattern.lastIndex = index;
  return pattern.exec(text)?.[0];
}

/** Visits every character outside of quotes and brackets; `visit` says where to go on. */
function scan(text: string, visit: (index: number) => number): void {
  let depth = 0;
  for (let index = 0; index < text.length;) {
    const char = text[index]!;
    if (char === '"' || char === "'") index = endOfQuote(text, index);
    else if (char === '[' || char === '(') depth += 1;
    else if (char === ']' || char === ')') depth -= 1;
    else if (depth <= 0) {
      index = visit(index);
      continue;
    }
    index += 1;
  }
}

/** Of the closing quote, or the last character where there is none. */
function endOfQuote(text: string, begin: number): number {
  for (let index = begin + 1; index < text.length; index++) {
    if (text[index] === '\\') index += 1;
    else if (text[index] === text[begin]) return index;
  }
  return text.length;
}
