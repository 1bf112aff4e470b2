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

/** A value, and what is as good as it: the same without blanks around it, its lines, and the credentials of a header. */
function piecesOf(value: string): string[] {
  if (/^[\s*]*$/.test(value)) return [];
  const trimmed = value.trim();
  const lines = value.split(/\r\n|\r|\n|\\r\\n|\\n/).map((line) => line.trim());
  return [
    value,
    ...(trimmed.length >= shortestWhole ? [trimmed] : []),
    ...lines.filter((line) => line.length >= shortestLine && !isPemBoundary(line)),
    ...credentialsOf(trimmed).filter((part) => part.length >= shortestWhole),
  ];
}

/** What stands behind the scheme of an `Authorization` header; of `Basic` (RFC 7617) also what it encodes. */
function credentialsOf(value: string): string[] {
  const [, scheme = '', credentials] = /^(Bearer|Basic|Token|Api-?Key|Key)\s+(\S+)$/i.exec(value) ?? [];
  if (credentials === undefined) return [];
  if (scheme.toLowerCase() !== 'basic') return [credentials];
  const decoded = Buffer.from(credentials, 'base64').toString();
  return [credentials, decoded, decoded.slice(decoded.indexOf(':') + 1)];
}

/** RFC 7468: the lines around a key, the same for all keys. */
function isPemBoundary(line: string): boolean {
  return /^-----(BEGIN|END) [A-Z0-9 ]+-----$/.test(line);
}
