import type { Json } from '@orch/contracts';
import type { ItemNode } from '../graph/graph.ts';
import type { Results } from '../run/results.ts';

export type ItemInput = {
  readonly key: string;
  readonly value: Json;
  /** The node of the need whose one item it takes. */
  readonly from: string | undefined;
};

/** An item as its attempt is given it. */
export function itemOf(results: Results, node: ItemNode): ItemInput {
  const [from] = node.needs;
  const settled = from === undefined ? undefined : results.get(from);
  if (settled === undefined) return { key: node.key, value: node.item, from: undefined };
  const value = results.itemView({ key: node.key, item: node.item, settled });
  return { key: node.key, value, from };
}
