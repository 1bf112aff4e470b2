import { codedForms } from './coded-forms.ts';
import { writtenForms } from './written-forms.ts';

/** How secrets may look. */
export type Forms = {
  /** As text, with or without escapes. */
  readonly written: ReadonlySet<string>;
  /** As base64 or hexadecimal, which programs break into lines. */
  readonly coded: ReadonlySet<string>;
};

export function formsOf(values: Iterable<string>): Forms {
  const pieces = new Set([...values].flatMap(piecesOf));
  return {
    written: new Set([...pieces].flatMap(writtenForms)),
    coded: new Set([...pieces].flatMap(codedForms)),
  };
}

/** Characters: a shorter part of a value may be anything. */
const shortestWhole = 8;
const shortestLine = 16;

/** A value, and what is as good as it: the same without blanks around it, and its lines. */
function piecesOf(value: string): string[] {
  if (/^[\s*]*$/.test(value)) return [];
  const trimmed = value.trim();
  const lines = value.split(/\r\n|\r|\n|\\r\\n|\\n/).map((line) => line.trim());
  return [
    value,
    ...(trimmed.length >= shortestWhole ? [trimmed] : []),
    ...lines.filter((line) => line.length >= shortestLine && !isPemBoundary(line)),
  ];
}

/** RFC 7468: the lines around a key, the same for all keys. */
function isPemBoundary(line: string): boolean {
  return /^-----(BEGIN|END) [A-Z0-9 ]+-----$/.test(line);
}
