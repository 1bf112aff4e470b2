/**
 * The JSON of a record for people and programs, in pieces of which the largest is one member of a member: a plan or a
 * manifest of very many steps is never one string. Pieces join to what `JSON.parse` takes, a line for each member.
 */
export function* jsonPieces(record: object): Generator<string> {
  yield '{';
  let comma = '\n';
  for (const [name, value] of Object.entries(record)) {
    if (value === undefined) continue;
    yield `${comma}  ${JSON.stringify(name)}: `;
    yield* memberPieces(value);
    comma = ',\n';
  }
  yield '\n}\n';
}

function* memberPieces(value: unknown): Generator<string> {
  if (typeof value !== 'object' || value === null) {
    yield JSON.stringify(value);
    return;
  }
  const isList = Array.isArray(value);
  yield isList ? '[' : '{';
  let comma = '\n';
  for (const [name, member] of isList ? value.entries() : Object.entries(value)) {
    if (member === undefined) continue;
    yield `${comma}    ${isList ? '' : `${JSON.stringify(name)}: `}${JSON.stringify(member)}`;
    comma = ',\n';
  }
  yield comma === '\n' ? '' : '\n  ';
  yield isList ? ']' : '}';
}
