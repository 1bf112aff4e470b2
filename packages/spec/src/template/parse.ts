import type { Liquid, Template } from 'liquidjs';

const MAX_KEPT = 1_000;

/** Parses a template once: the items of a fan-out share theirs. Throws what the language throws. */
export function createParser(language: Liquid): (template: string) => Template[] {
  const parsed = new Map<string, Template[]>();
  return (template) => {
    const known = parsed.get(template);
    if (known !== undefined) return known;
    const fresh = language.parse(template);
    if (parsed.size >= MAX_KEPT) parsed.clear();
    parsed.set(template, fresh);
    return fresh;
  };
}
