import { colourOf } from './colours.ts';
import type { Drawing, DrawnEdge, DrawnNode } from './drawing.ts';

const size = { gapX: 70, gapY: 22, margin: 16, padX: 12, padY: 9, line: 16, glyph: 7.2, least: 90 };

type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** A node with its place. */
type Placed = DrawnNode & { readonly box: Box; readonly within?: Layout };

type Layout = { readonly nodes: readonly Placed[]; readonly edges: readonly DrawnEdge[] };

/** A picture of its own: each level is a column, edges are curves to the right, and a job that a step runs is a frame. */
export function toSvg(drawing: Drawing): string[] {
  const layout = layOut(drawing, { x: size.margin, y: size.margin });
  const { right, bottom } = extentOf(layout);
  const [width, height] = [right + size.margin, bottom + size.margin];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, monospace" font-size="12">`,
    `<style>${style}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
    ...layoutLines(layout),
    '</svg>',
  ];
}

function layoutLines({ nodes, edges }: Layout): string[] {
  const boxes = new Map(nodes.map(({ id, box }) => [id, box]));
  const ends = (edge: DrawnEdge): [Box, Box] => [boxes.get(edge.from)!, boxes.get(edge.to)!];
  return [
    ...edges.flatMap((edge) => edgeLines(edge, ends(edge))),
    ...nodes.flatMap((node) => [...nodeLines(node), ...(node.within === undefined ? [] : layoutLines(node.within))]),
  ];
}

const style = [
  ':root{color-scheme:light dark;--ink:#222;--paper:#fff;--faint:#777}',
  '@media(prefers-color-scheme:dark){:root{--ink:#ddd;--paper:#1b1b1b;--faint:#999}}',
  '.box{fill:var(--paper);stroke:var(--ink);stroke-width:1.3}.back{fill:var(--paper);stroke:var(--faint)}',
  '.dashed{stroke-dasharray:5 4}text{fill:var(--ink)}.note{fill:var(--faint);font-size:11px}',
  '.edge{fill:none;stroke:var(--faint);stroke-width:1.3}.itemwise{stroke-width:2.6}.head{fill:var(--faint)}',
  '.on-fill text,text.on-fill{fill:#000}',
].join('');

type Point = { readonly x: number; readonly y: number };

function layOut({ nodes, edges }: Drawing, start: Point): Layout {
  const columns = Map.groupBy(nodes, ({ level }) => level);
  const placed: Placed[] = [];
  let x = start.x;
  for (const [, column] of [...columns].sort(([a], [b]) => a - b)) {
    const own: Placed[] = [];
    let y = start.y;
    for (const node of column) {
      own.push(place(node, { x, y }));
      y += own.at(-1)!.box.height + size.gapY;
    }
    const width = Math.max(size.least, ...own.map(({ box }) => box.width));
    placed.push(...own.map((node) => ({ ...node, box: { ...node.box, width } })));
    x += width + size.gapX;
  }
  return { nodes: placed, edges };
}

function place(node: DrawnNode, { x, y }: Point): Placed {
  const [width, height] = [widthOf(node), (1 + node.notes.length) * size.line + 2 * size.padY];
  if (node.inner === undefined) return { ...node, box: { x, y, width, height } };
  const within = layOut(node.inner, { x: x + size.margin, y: y + height });
  const { right, bottom } = extentOf(within);
  const box = { x, y, width: Math.max(width, right - x + size.margin), height: bottom - y + size.margin };
  return { ...node, box, within };
}

function extentOf({ nodes }: Layout): { readonly right: number; readonly bottom: number } {
  const furthest = (edge: (box: Box) => number): number =>
    nodes.reduce((most, { box }) => Math.max(most, edge(box)), 0);
  return { right: furthest((box) => box.x + box.width), bottom: furthest((box) => box.y + box.height) };
}

function widthOf({ id, notes }: DrawnNode): number {
  return Math.ceil(Math.max(...[id, ...notes].map((text) => Array.from(text).length)) * size.glyph) + 2 * size.padX;
}

function nodeLines({ id, shape, notes, conditional, state, box, within }: Placed): string[] {
  const colour = state && colourOf(state);
  const { x, y, width, height } = box;
  const paint = colour ? ` style="fill:${colour.fill};stroke:${colour.line}"` : '';
  const dashed = conditional ? ' dashed' : '';
  const rect = (name: string, at: number, more: string): string =>
    `<rect class="${name}" x="${x + at}" y="${y - at}" width="${width}" height="${height}"${more}/>`;
  const round = shape === 'approval' ? ` rx="${height / 2}"` : ' rx="4"';
  const text = (line: string, at: number): string =>
    `<text${at === 0 ? '' : ' class="note"'} x="${x + size.padX}" y="${y + size.padY + 12 + at * size.line}">${escape(line)}</text>`;
  return [
    `<g${colour ? ' class="on-fill"' : ''}><title>${escape([id, ...notes, ...(state ? [state] : [])].join(' · '))}</title>`,
    ...(shape === 'fan_out' ? [rect('back', 6, ' rx="4"'), rect('back', 3, ' rx="4"')] : []),
    rect(`box${dashed}`, 0, `${round}${paint}`),
    ...(shape === 'sub_job' && within === undefined ? [bar(x + 5, box), bar(x + width - 5, box)] : []),
    ...[id, ...notes].map(text),
    '</g>',
  ];
}

function bar(x: number, { y, height }: Box): string {
  return `<path class="box" d="M${x} ${y}v${height}"/>`;
}

function edgeLines({ accepts, itemwise }: DrawnEdge, [from, to]: readonly [Box, Box]): string[] {
  const [x1, y1] = [from.x + from.width, from.y + from.height / 2];
  const [x2, y2] = [to.x, to.y + to.height / 2];
  const middle = (x1 + x2) / 2;
  const name = `edge${accepts === undefined ? '' : ' dashed'}${itemwise ? ' itemwise' : ''}`;
  const path = `<path class="${name}" d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}" marker-end="url(#head)"/>`;
  if (accepts === undefined) return [path];
  return [path, `<text class="note" text-anchor="end" x="${x2 - 10}" y="${y2 - 5}">${escape(accepts)}</text>`];
}

/** Text that XML may hold: https://www.w3.org/TR/xml/#charsets */
function escape(text: string): string {
  const plain = text.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '');
  return plain.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
