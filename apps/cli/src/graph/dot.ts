import { colourOf } from './colours.ts';
import type { Drawing, DrawnEdge, DrawnNode, Shape } from './drawing.ts';

const shapes: Readonly<Record<Shape, string>> = {
  step: 'box',
  fan_out: 'box3d',
  sub_job: 'component',
  approval: 'ellipse',
};

/** A graph for Graphviz: https://graphviz.org/doc/info/lang.html The steps of a job that a step runs are a cluster. */
export function toDot(drawing: Drawing): string[] {
  const hasClusters = drawing.nodes.some(({ inner }) => inner !== undefined);
  return [
    'digraph job {',
    `  graph [rankdir=TB${hasClusters ? ', compound=true, fontname="sans-serif", fontsize=11' : ''}]`,
    '  node [fontname="sans-serif", fontsize=11]',
    '  edge [fontname="sans-serif", fontsize=9]',
    ...statements(drawing, '').map((line) => `  ${line}`),
    '}',
  ];
}

/** `within`: what ids are preceded by, those of the steps around and a slash each. */
function statements({ nodes, edges }: Drawing, within: string): string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  return [
    ...nodes.flatMap((node) => nodeLines(node, within)),
    ...edges.map((edge) => {
      const [from, to] = [byId.get(edge.from), byId.get(edge.to)] as [DrawnNode, DrawnNode];
      const style = attributes([...edgeStyle(edge), ...clusterEnds(from, to, within)]);
      const ends = `${quoted(within + lastIn(from))} -> ${quoted(within + firstIn(to))}`;
      return `${ends}${style === '' ? '' : ` [${style}]`}`;
    }),
  ];
}

function nodeLines(node: DrawnNode, within: string): string[] {
  const name = within + node.id;
  if (node.inner === undefined) return [`${quoted(name)} [${attributes(nodeStyle(node))}]`];
  const plain = ['style', 'solid'] as const; // else it has that of the cluster around it
  const style = [...new Map([plain, ...nodeStyle(node)]).entries()].filter(([attribute]) => attribute !== 'shape');
  return [
    `subgraph ${quoted(clusterOf(name))} {`,
    `  graph [${attributes(style)}]`,
    ...statements(node.inner, `${name}/`).map((line) => `  ${line}`),
    '}',
  ];
}

const clusterOf = (name: string): string => `cluster_${name}`;

/** An edge leads to a node; it is drawn to the border of the cluster. */
function clusterEnds(from: DrawnNode, to: DrawnNode, within: string): Attribute[] {
  return [
    ...(from.inner === undefined ? [] : [['ltail', clusterOf(within + from.id)] as const]),
    ...(to.inner === undefined ? [] : [['lhead', clusterOf(within + to.id)] as const]),
  ];
}

function firstIn({ id, inner }: DrawnNode): string {
  const [first] = inner?.nodes ?? [];
  return first === undefined ? id : `${id}/${firstIn(first)}`;
}

function lastIn({ id, inner }: DrawnNode): string {
  const last = inner?.nodes.at(-1);
  return last === undefined ? id : `${id}/${lastIn(last)}`;
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
