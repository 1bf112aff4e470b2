/** Stand for tags in a shell line: one that prints a value, and one that only decides what is printed. */
export const OUTPUT = '\uE000';
export const FLOW = '\uE001';

/**
 * Says for each tag, in their order, what the shell would read it in: `double quotes`, `a heredoc` … Undefined for a
 * tag in plain sight. POSIX sh; `line` has `OUTPUT` or `FLOW` in place of every tag.
 */
export function findQuoting(line: string): (string | undefined)[] {
  const scan: Scan = { line, at: 0, stack: [], inWord: false, heredocs: [], found: [] };
  while (scan.at < line.length) readers[scan.stack.at(-1) ?? 'open'](scan, line[scan.at]!);
  return scan.found;
}

type Frame = keyof typeof names;
type Heredoc = { readonly end: string; readonly tabs: boolean };
type Scan = {
  readonly line: string;
  at: number;
  /** What is open, innermost last. */
  readonly stack: Frame[];
  inWord: boolean;
  /** Announced on this line; their bodies begin on the next. */
  heredocs: Heredoc[];
  readonly found: (string | undefined)[];
};

const names = {
  double: 'double quotes',
  single: 'single quotes',
  backticks: 'backticks',
  substitution: '$( )',
  parentheses: '$( )',
  arithmetic: '$(( ))',
  braces: '${ }',
  comment: 'a comment',
} as const;

const readers: { readonly [F in Frame | 'open']: (scan: Scan, char: string) => void } = {
  open: readCommand,
  substitution: readCommand,
  parentheses: readCommand,
  backticks: readCommand,
  arithmetic: readArithmetic,
  double: (scan, char) => (char === '"' ? close(scan) : readQuotable(scan, char)),
  braces: readBraces,
  single: (scan, char) => (char === "'" ? close(scan) : readPlain(scan, char)),
  comment: (scan, char) => (char === '\n' ? scan.stack.pop() : readPlain(scan, char)),
};

function readCommand(scan: Scan, char: string): void {
  const top = scan.stack.at(-1);
  if (char === '\n') return readLineEnd(scan);
  if (char === '#' && !scan.inWord) return open(scan, char, 'comment');
  if (char === "'") return open(scan, char, 'single');
  if (char === '"') return open(scan, char, 'double');
  if (char === '`' && top === 'backticks') return close(scan);
  if (char === ')' && (top === 'substitution' || top === 'parentheses')) return close(scan);
  if (char === '(' && top !== undefined) return open(scan, char, 'parentheses');
  if (scan.line.startsWith('<<<', scan.at)) return skip(scan, '<<<');
  if (scan.line.startsWith('<<', scan.at)) return readHeredocStart(scan);
  readQuotable(scan, char);
}

function readArithmetic(scan: Scan, char: string): void {
  if (char === '(') return open(scan, char, 'arithmetic');
  if (char === ')') return close(scan);
  readQuotable(scan, char);
}

function readBraces(scan: Scan, char: string): void {
  if (char === '}') return close(scan);
  if (char === '"') return open(scan, char, 'double');
  if (char === "'" && !scan.stack.includes('double')) return open(scan, char, 'single');
  readQuotable(scan, char);
}

/** What means something also inside double quotes. */
function readQuotable(scan: Scan, char: string): void {
  if (char === '\\') return readEscape(scan);
  if (char === '`') return open(scan, char, 'backticks');
  if (scan.line.startsWith('$((', scan.at)) return open(scan, '$((', 'arithmetic', 'arithmetic');
  if (scan.line.startsWith('$(', scan.at)) return open(scan, '$(', 'substitution');
  if (scan.line.startsWith('${', scan.at)) return open(scan, '${', 'braces');
  readPlain(scan, char);
}

function readPlain(scan: Scan, char: string): void {
  if (isTag(char)) note(scan, char);
  if (char !== FLOW) scan.inWord = !/[\s;&|()<>]/.test(char);
  scan.at += 1;
}

function readEscape(scan: Scan): void {
  const next = scan.line[scan.at + 1] ?? '';
  if (isTag(next)) scan.found.push('an escape (a \\ stands before it)');
  if (next !== '\n') scan.inWord = true;
  scan.at += 2;
}

function open(scan: Scan, opener: string, ...frames: Frame[]): void {
  scan.stack.push(...frames);
  skip(scan, opener);
}

function skip(scan: Scan, operator: string): void {
  scan.at += operator.length;
  scan.inWord = false;
}

function close(scan: Scan): void {
  scan.stack.pop();
  scan.at += 1;
  scan.inWord = true;
}

const isTag = (char: string): boolean => char === OUTPUT || char === FLOW;

/** A choice on a line that announced a heredoc could take the line's end, and with it the body, away. */
function note({ stack, heredocs, found }: Scan, tag: string): void {
  const frame = stack.at(-1);
  const announced = tag === FLOW && heredocs.length > 0 ? 'a line with a heredoc' : undefined;
  found.push(frame === undefined ? announced : names[frame]);
}

function noteAll(scan: Scan, text: string, place: string): void {
  for (const char of text) if (isTag(char)) scan.found.push(place);
}

const HEREDOC = /<<(-?)[ \t]*((?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;&|()<>'"\\])*)/y;

function readHeredocStart(scan: Scan): void {
  HEREDOC.lastIndex = scan.at;
  const [written, dash, word] = HEREDOC.exec(scan.line) as unknown as [string, string, string];
  noteAll(scan, word, 'the end mark of a heredoc');
  scan.heredocs.push({ end: word.replace(/['"\\]/g, ''), tabs: dash === '-' });
  scan.at += written.length;
  scan.inWord = false;
}

function readLineEnd(scan: Scan): void {
  scan.at += 1;
  scan.inWord = false;
  for (const heredoc of scan.heredocs) skipBody(scan, heredoc);
  scan.heredocs = [];
}

function skipBody(scan: Scan, { end, tabs }: Heredoc): void {
  while (scan.at < scan.line.length) {
    const lineEnd = scan.line.indexOf('\n', scan.at);
    const bodyLine = scan.line.slice(scan.at, lineEnd === -1 ? undefined : lineEnd);
    scan.at = lineEnd === -1 ? scan.line.length : lineEnd + 1;
    noteAll(scan, bodyLine, 'a heredoc');
    if ((tabs ? bodyLine.replace(/^\t+/, '') : bodyLine) === end) return;
  }
}
