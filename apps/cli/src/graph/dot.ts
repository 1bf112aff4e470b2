import { colourOf } from './colours.ts';
import type { Drawing, DrawnEdge, DrawnNode, Shape } from './drawing.ts';

const shapes: Readonly<Record<Shape, string>> = {
  step: 'box',
  fan_out: 'box3d',
  sub_job: 'component',
  approval: 'ellipse',
};

/** A graph for Graphviz: https://graphviz.org/doc/info/lang.html */
export function toDot({ nodes, edges }: Drawing): string[] {
  return [
    'digraph job {',
    '  graph [rankdir=TB]',
    '  node [fontname="sans-serif", fontsize=11]',
    '  edge [fontname="sans-serif", fontsize=9]',
    ...nodes.map((node) => `  ${quoted(node.id)} [${attributes(nodeStyle(node))}]`),
    ...edges.map((edge) => {
      const style = attributes(edgeStyle(edge));
      return `  ${quoted(edge.from)} -> ${quoted(edge.to)}${style === '' ? '' : ` [${style}]`}`;
    }),
    '}',
  ];
}

type Attribute = readonly [name: string, value: string];

function nodeStyle({ id, shape, notes, conditional, state }: DrawnNode): Attribute[] {
  const colour = state && colourOf(state);
  const styles = [...(conditional ? ['dashed'] : []), ...(colour ? ['filled'] : [])];
  return [
    ['label', [id, ...notes].join('\n')],
    ['shape', shapes[shape]],
    ...(styles.length > 0 ? [['style', styles.join(',')] as const] : []),
    ...(colour ? ([['color', colour.line], ['fillcolor', colour.fill]] as const) : []), // prettier-ignore
  ];
}

function edgeStyle({ accepts, itemwise }: DrawnEdge): Attribute[] {
  if (accepts !== undefined) return [['style', 'dashed'], ['label', accepts]]; // prettier-ignore
  return itemwise ? [['style', 'bold']] : [];
}

function attributes(pairs: readonly Attribute[]): string {
  return pairs.map(([name, value]) => `${name}=${quoted(value)}`).join(', ');
}

/** A quoted string: of what a language could take otherwise, only lines and what would end it are left. */
function quoted(text: string): string {
  const plain = text.toWellFormed().replace(/[\x00-\x09\x0b-\x1f\x7f]/g, '');
  return `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
