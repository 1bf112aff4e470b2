import { readTags } from './tags.ts';

/** The expression of a template that is one `{{ … }}` and nothing else but blanks. Undefined for any other. */
export function singleExpression(template: string): string | undefined {
  const parts = readTags(template).filter((part) => part.type !== 'text' || part.text.trim() !== '');
  const [only] = parts;
  return parts.length === 1 && only?.type === 'output' ? only.content : undefined;
}
