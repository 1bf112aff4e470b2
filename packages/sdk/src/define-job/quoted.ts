/** A text as a literal of the template language; braces as escapes, so that no tag seems to begin or end in it. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/[{}]/g, (brace) => `\\u00${brace.charCodeAt(0).toString(16)}`);
}
