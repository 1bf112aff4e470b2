import type { Plan } from '@orch/contracts';
import { renderText } from '@orch/spec';

/** A text as it will be, unless it names something that only a run knows. */
export function asFarAsKnown(text: string, { task, vars }: Plan): string {
  if (/\{[{%][^}]*\b(?:steps|item|run|job|now)\b/.test(text)) return text;
  const nowhere = { id: '', dir: '', outputs: '' };
  const rendered = renderText(text, { task, vars, steps: {}, run: nowhere, job: { dir: '' }, now: '' });
  return rendered.ok ? rendered.value : text;
}
