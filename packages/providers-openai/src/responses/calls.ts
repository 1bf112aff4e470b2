import type { ToolCall } from '@orch/contracts';
import { fieldsOf, textOf } from '../answer-body.ts';
import type { Fields } from '../answer-body.ts';

/** A call whose arguments may still be coming in. */
type OpenCall = { readonly id: string; readonly name: string; arguments: string; isWhole: boolean };

/** By the number of their item, or its id. */
export type OpenCalls = Map<unknown, OpenCall>;

/**
 * What an event of the stream says of a call: its item begins, its arguments come in pieces and are whole, its item is
 * whole. Some servers leave out some of these. Returns the call that became whole by it.
 */
export function takeCall(calls: OpenCalls, event: Fields): ToolCall | undefined {
  const place = event['output_index'] ?? event['item_id'];
  const known = calls.get(place);
  const call = event['item'] === undefined ? known : begin(fieldsOf(event['item']), known);
  if (call === undefined || known?.isWhole === true) return undefined;
  calls.set(place, call);
  if (event['type'] === 'response.function_call_arguments.delta') call.arguments += textOf(event['delta']);
  call.arguments = textOf(event['arguments']) || call.arguments;
  call.isWhole = endsCall(event);
  return call.isWhole ? { id: call.id, name: call.name, arguments: call.arguments } : undefined;
}

/** The calls among the items of a whole output. */
export function callsIn(output: readonly Fields[]): ToolCall[] {
  return output.flatMap((item) => takeCall(new Map(), { type: 'response.output_item.done', item }) ?? []);
}

function begin({ type, call_id, id, name, arguments: args }: Fields, known?: OpenCall): OpenCall | undefined {
  if (type !== 'function_call') return undefined;
  const written = textOf(args) || (known?.arguments ?? '');
  return { id: textOf(call_id) || textOf(id), name: textOf(name), arguments: written, isWhole: false };
}

function endsCall({ type, item }: Fields): boolean {
  if (type === 'response.function_call_arguments.done') return true;
  return type === 'response.output_item.done' && fieldsOf(item)['status'] !== 'incomplete';
}
