import { nearest } from '@orch/dag';

/** `, did you mean "prompt"?`, or nothing. */
export function suggest(word: string, candidates: Iterable<string>): string {
  const close = nearest(word, candidates);
  return close === undefined ? '' : `, did you mean ${JSON.stringify(close)}?`;
}
