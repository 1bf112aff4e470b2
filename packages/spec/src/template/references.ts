import { analyzeSync } from 'liquidjs';
import type { Template, Variable, VariableSegments } from 'liquidjs';

/** A variable that a template reads from outside: `steps.a.output` is `['steps', 'a', 'output']`; undefined for a computed part. */
export type Reference = { readonly path: readonly (string | number | undefined)[]; readonly index: number };

/** What a template reads that it did not assign itself. */
export function findReferences(templates: Template[], text: string): Reference[] {
  const { globals } = analyzeSync(templates, { partials: false });
  return Object.values(globals).flatMap((variables) =>
    variables.map((variable) => ({ path: pathOf(variable.segments), index: indexOf(variable, text) })),
  );
}

const pathOf = (segments: VariableSegments): Reference['path'] =>
  segments.map((segment) => (typeof segment === 'object' ? undefined : segment));

function indexOf({ location }: Variable, text: string): number {
  let lineStart = 0;
  for (let row = 1; row < location.row; row++) lineStart = text.indexOf('\n', lineStart) + 1;
  return lineStart + location.col - 1;
}
