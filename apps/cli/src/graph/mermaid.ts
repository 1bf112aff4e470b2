import { colourOf } from './colours.ts';
import type { Drawing, DrawnEdge, DrawnNode, Shape } from './drawing.ts';

/** What surrounds a label: https://mermaid.js.org/syntax/flowchart.html#node-shapes */
const shapes: Readonly<Record<Shape, readonly [string, string]>> = {
  step: ['[', ']'],
  fan_out: ['[/', '/]'],
  sub_job: ['[[', ']]'],
  approval: ['([', '])'],
};

/** A flowchart. Nodes are named by their position: an id may be a word of that language. */
export function toMermaid({ nodes, edges }: Drawing): string[] {
  const names = new Map(nodes.map(({ id }, at) => [id, `n${at}`]));
  const nameOf = (id: string): string => names.get(id) ?? '';
  const states = [...new Set(nodes.flatMap(({ state }) => state ?? []))].filter((state) => colourOf(state));
  return [
    'flowchart TD',
    ...nodes.map((node) => `  ${nodeLine(node, nameOf(node.id))}`),
    ...edges.map((edge) => `  ${nameOf(edge.from)} ${arrow(edge)} ${nameOf(edge.to)}`),
    ...states.map((state) => {
      const { fill, line } = colourOf(state) ?? { fill: '', line: '' };
      return `  classDef ${state} fill:${fill},stroke:${line},color:#000`;
    }),
    ...(nodes.some(({ conditional }) => conditional) ? ['  classDef conditional stroke-dasharray:5 4'] : []),
    ...nodes.flatMap(({ id, state, conditional }) => [
      ...(state !== undefined && states.includes(state) ? [`  class ${nameOf(id)} ${state}`] : []),
      ...(conditional ? [`  class ${nameOf(id)} conditional`] : []),
    ]),
  ];
}

function nodeLine({ id, shape, notes }: DrawnNode, name: string): string {
  const [open, close] = shapes[shape];
  return `${name}${open}"${[id, ...notes].map(escape).join('<br/>')}"${close}`;
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
