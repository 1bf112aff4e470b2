import type { Terminal } from '../terminal/terminal.ts';
import { harmless, paintState } from '../terminal/words.ts';
import type { Drawing, DrawnEdge, DrawnNode, Shape } from './drawing.ts';

const marks: Readonly<Record<Shape, readonly [string, string]>> = {
  step: ['[', ']'],
  fan_out: ['[[', ']]'],
  sub_job: ['{', '}'],
  approval: ['(', ')'],
};

type Canvas = {
  readonly terminal: Terminal;
  readonly edges: ReadonlyMap<string, readonly DrawnEdge[]>;
  /** By the node it is drawn below: the last of those it needs. */
  readonly below: ReadonlyMap<string | undefined, readonly DrawnNode[]>;
};

/**
 * A tree: each step stands once, below the last step that it needs, and names the others. The steps of a job that a step
 * runs are a tree behind `┊`.
 */
export function toAscii({ nodes, edges }: Drawing, terminal: Terminal): string[] {
  const byTarget = Map.groupBy(edges, ({ to }) => to);
  const place = new Map(nodes.map(({ id }, at) => [id, at]));
  const anchorOf = ({ id }: DrawnNode): string | undefined =>
    byTarget.get(id)?.reduce((last, { from }) => ((place.get(from) ?? 0) >= (place.get(last) ?? 0) ? from : last), '');
  const below = Map.groupBy(nodes, anchorOf);
  return branches(undefined, '', { terminal, edges: byTarget, below });
}

function branches(id: string | undefined, indent: string, canvas: Canvas): string[] {
  const nodes = canvas.below.get(id) ?? [];
  return nodes.flatMap((node, at) => {
    const isLast = at === nodes.length - 1;
    const [here, next] = id === undefined ? ['', ''] : isLast ? ['└─', '  '] : ['├─', '│ '];
    const lead = id === undefined ? '' : `${here}${headOf(node.id, id, canvas)} `;
    const below = branches(node.id, `${indent}${next}`, canvas);
    const margin = `${indent}${next}${below.length > 0 ? '│ ' : '  '}┊ `;
    const inner = node.inner === undefined ? [] : toAscii(node.inner, canvas.terminal);
    return [`${indent}${lead}${describe(node, id, canvas)}`, ...inner.map((line) => `${margin}${line}`), ...below];
  });
}

/** `▶` waits for success, `┄▷` also for other ends, `═▶` item by item. */
function headOf(to: string, from: string, { edges }: Canvas): string {
  const edge = edges.get(to)?.find((each) => each.from === from);
  if (edge?.accepts !== undefined) return '┄▷';
  return edge?.itemwise === true ? '═▶' : '▶';
}

function describe(
  { id, shape, notes, conditional, state }: DrawnNode,
  below: string | undefined,
  canvas: Canvas,
): string {
  const [open, close] = marks[shape];
  const own = canvas.edges.get(id) ?? [];
  const others = own.filter(({ from }) => from !== below).map(({ from, accepts }) => withEnds(from, accepts));
  const accepts = own.find(({ from }) => from === below)?.accepts;
  const said = [
    `${conditional ? '?' : ''}${open}${harmless(id)}${close}`,
    notes.map(harmless).join(' · '),
    ...(accepts === undefined ? [] : [`if ${below ?? ''} ${accepts}`]),
    ...(others.length === 0 ? [] : [`after ${others.join(', ')}`]),
  ];
  const text = said.join('  ');
  return state === undefined ? text : `${text}  ${paintState(state, canvas.terminal)}`;
}

function withEnds(id: string, accepts: string | undefined): string {
  return accepts === undefined ? harmless(id) : `${harmless(id)} (${accepts})`;
}
