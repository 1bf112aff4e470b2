import type { ToolCall } from '@orch/contracts';
import { fieldsOf, textOf } from '../answer-body.ts';
import type { Fields } from '../answer-body.ts';

/** A call whose pieces are still coming in. */
export type OpenCall = { readonly index: unknown; id: string; name: string; arguments: string };

/**
 * Adds a piece of a call to the calls. Most servers number the calls, send id and name first, and then the arguments
 * in pieces. Some leave out the number, the id or both, or give one number to several whole calls.
 */
export function addPiece(calls: OpenCall[], { index, id, function: called }: Fields): void {
  const { name, arguments: args } = fieldsOf(called);
  const piece = { index, id: textOf(id), name: textOf(name), arguments: toText(args) };
  const call = callOf(calls, piece);
  if (call === undefined) calls.push(piece);
  else {
    call.id ||= piece.id;
    call.name ||= piece.name;
    call.arguments += piece.arguments;
  }
}

/** Whole, as they stand; one that the server gave no name to tell it by is named after its place. */
export function toCalls(calls: readonly OpenCall[]): ToolCall[] {
  return calls.map(({ id, name, arguments: args }, at) => ({ id: id || `call_${at + 1}`, name, arguments: args }));
}

/** Which call a piece goes on with; none when it begins one. */
function callOf(calls: readonly OpenCall[], { index, id, name }: OpenCall): OpenCall | undefined {
  const isNumbered = typeof index === 'number';
  const call = calls.findLast((one) => (isNumbered ? one.index === index : id === '' || one.id === id));
  if (name === '') return isNumbered ? call : (call ?? calls.at(-1));
  const isOther = isNumbered ? id !== '' && call?.id !== '' && call?.id !== id : id === '';
  return isOther ? undefined : call;
}

/** Some servers send the arguments as an object. */
function toText(args: unknown): string {
  return typeof args === 'object' && args !== null ? JSON.stringify(args) : textOf(args);
}
