import { colourOf } from './colours.ts';
import type { Drawing, DrawnEdge, DrawnNode, Shape } from './drawing.ts';

/** What surrounds a label: https://mermaid.js.org/syntax/flowchart.html#node-shapes */
const shapes: Readonly<Record<Shape, readonly [string, string]>> = {
  step: ['[', ']'],
  fan_out: ['[/', '/]'],
  sub_job: ['[[', ']]'],
  approval: ['([', '])'],
};

/**
 * A flowchart. Nodes are named by their position: an id may be a word of that language. The steps of a job that a step
 * runs are a subgraph.
 */
export function toMermaid(drawing: Drawing): string[] {
  const named = namedNodes(drawing, 'n');
  const states = [...new Set(named.flatMap(({ state }) => state ?? []))].filter((state) => colourOf(state));
  return [
    'flowchart TD',
    ...statements(drawing, 'n').map((line) => `  ${line}`),
    ...states.map((state) => {
      const { fill, line } = colourOf(state) ?? { fill: '', line: '' };
      return `  classDef ${state} fill:${fill},stroke:${line},color:#000`;
    }),
    ...(named.some(({ conditional }) => conditional) ? ['  classDef conditional stroke-dasharray:5 4'] : []),
    ...named.flatMap(({ name, state, conditional }) => [
      ...(state !== undefined && states.includes(state) ? [`  class ${name} ${state}`] : []),
      ...(conditional ? [`  class ${name} conditional`] : []),
    ]),
  ];
}

/** All of them, those of jobs within jobs too. */
function namedNodes({ nodes }: Drawing, prefix: string): (DrawnNode & { readonly name: string })[] {
  return nodes.flatMap((node, at) => {
    const name = `${prefix}${at}`;
    return [{ ...node, name }, ...(node.inner === undefined ? [] : namedNodes(node.inner, `${name}_`))];
  });
}

function statements({ nodes, edges }: Drawing, prefix: string): string[] {
  const names = new Map(nodes.map(({ id }, at) => [id, `${prefix}${at}`]));
  const nameOf = (id: string): string => names.get(id) ?? '';
  return [
    ...nodes.flatMap((node) => nodeLines(node, nameOf(node.id))),
    ...edges.map((edge) => `${nameOf(edge.from)} ${arrow(edge)} ${nameOf(edge.to)}`),
  ];
}

function nodeLines(node: DrawnNode, name: string): string[] {
  if (node.inner === undefined) return [nodeLine(node, name)];
  const inner = statements(node.inner, `${name}_`);
  return [`subgraph ${name}["${labelOf(node)}"]`, ...inner.map((line) => `  ${line}`), 'end'];
}

function nodeLine(node: DrawnNode, name: string): string {
  const [open, close] = shapes[node.shape];
  return `${name}${open}"${labelOf(node)}"${close}`;
}

function labelOf({ id, notes }: DrawnNode): string {
  return [id, ...notes].map(escape).join('<br/>');
}

function arrow({ accepts, itemwise }: DrawnEdge): string {
  if (accepts !== undefined) return `-. "${escape(accepts)}" .->`;
  return itemwise ? '==>' : '-->';
}

/** All but letters, digits and harmless signs as `#code;`, which stands for itself in a quoted label. */
function escape(text: string): string {
  return Array.from(text.toWellFormed(), (point) =>
    /[\p{L}\p{N} _.,:/-]/u.test(point) ? point : `#${point.codePointAt(0)};`,
  ).join('');
}
