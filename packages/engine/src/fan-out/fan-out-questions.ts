import type { ItemNode } from '../graph/graph.ts';
import { openThreads } from '../questions/open-questions.ts';
import type { RunContext } from '../run/run-context.ts';

/** Why a fan-out waits: persons are asked about items of it. */
export function itemsQuestion({ journal, leftovers }: RunContext, step: string, total: number): string | undefined {
  const asked = openThreads(journal.state, leftovers.questions).filter((thread) => thread.step === step);
  const [first] = asked;
  return first && `${asked.length} of ${total} items wait, first ${first.item}: ${first.asked.question}`;
}

/** Why a fan-out waits whose own items ask nobody: what they need is asked about. */
export function needsQuestion(
  { results, journal, leftovers }: RunContext,
  nodes: readonly ItemNode[],
): string | undefined {
  const [first] = openThreads(journal.state, leftovers.questions);
  const left = nodes.filter(({ id }) => results.get(id) === undefined);
  if (first === undefined || left.length === 0) return undefined;
  const asked = first.item === undefined ? first.step : `${first.step} ${first.item}`;
  return `${left.length} of ${nodes.length} items wait for what they need, first asked: ${asked}: ${first.asked.question}`;
}
