import { defaultOptions, Tokenizer, TypeGuards } from 'liquidjs';

/** A piece of a template in the order of writing; `index` is where it begins. Text is what is left after `{%-` and `-}}` took blanks away. */
export type Part =
  | { readonly type: 'text'; readonly index: number; readonly text: string }
  | { readonly type: 'output'; readonly index: number; readonly written: string; readonly content: string }
  | { readonly type: 'tag'; readonly index: number; readonly written: string; readonly name: string };

/** Cuts a template into text, outputs and tags; what stands between comment tags is left out. Throws on unclosed tags. */
export function readTags(template: string): Part[] {
  const tokens = new Tokenizer(template).readTopLevelTokens(defaultOptions);
  const parts: Part[] = [];
  let inComment = false;
  for (const token of tokens) {
    const written = token.getText();
    if (TypeGuards.isTagToken(token)) {
      if (token.name === 'endcomment') inComment = false;
      if (!inComment) parts.push({ type: 'tag', index: token.begin, written, name: token.name });
      if (token.name === 'comment') inComment = true;
    } else if (inComment) continue;
    else if (TypeGuards.isOutputToken(token)) {
      parts.push({ type: 'output', index: token.begin, written, content: token.content });
    } else if (TypeGuards.isHTMLToken(token)) {
      parts.push({ type: 'text', index: token.begin, text: token.getContent() });
    }
  }
  return parts;
}
