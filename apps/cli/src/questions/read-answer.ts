export type Given = { readonly granted: boolean; readonly answer?: string };

/** What a person's words mean. A question that names its options takes them literally. */
export function readAnswer(text: string, options: readonly string[] | undefined): Given {
  const word = options === undefined ? text.trim().toLowerCase() : undefined;
  if (word === 'yes' || word === 'y') return { granted: true };
  if (word === 'no' || word === 'n') return { granted: false };
  return { granted: true, answer: text };
}
