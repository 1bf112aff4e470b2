import { colourOf } from './colours.ts';
import type { Drawing, DrawnEdge, DrawnNode } from './drawing.ts';

const size = { gapX: 70, gapY: 22, margin: 16, padX: 12, padY: 9, line: 16, glyph: 7.2, least: 90 };

type Box = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };

/** A picture of its own: each level is a column, and edges are curves to the right. */
export function toSvg({ nodes, edges }: Drawing): string[] {
  const boxes = layOut(nodes);
  const all = [...boxes.values()];
  const width = Math.max(0, ...all.map((box) => box.x + box.width)) + size.margin;
  const height = Math.max(0, ...all.map((box) => box.y + box.height)) + size.margin;
  const ends = (edge: DrawnEdge): [Box, Box] => [boxes.get(edge.from)!, boxes.get(edge.to)!];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, monospace" font-size="12">`,
    `<style>${style}</style>`,
    '<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="head" d="M0 0 8 4 0 8z"/></marker></defs>',
    ...edges.flatMap((edge) => edgeLines(edge, ends(edge))),
    ...nodes.flatMap((node) => nodeLines(node, boxes.get(node.id)!)),
    '</svg>',
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

function layOut(nodes: readonly DrawnNode[]): Map<string, Box> {
  const columns = Map.groupBy(nodes, ({ level }) => level);
  const boxes = new Map<string, Box>();
  let x = size.margin;
  for (const [, column] of [...columns].sort(([a], [b]) => a - b)) {
    const width = Math.max(size.least, ...column.map(widthOf));
    let y = size.margin;
    for (const node of column) {
      const height = (1 + node.notes.length) * size.line + 2 * size.padY;
      boxes.set(node.id, { x, y, width, height });
      y += height + size.gapY;
    }
    x += width + size.gapX;
  }
  return boxes;
}

function widthOf({ id, notes }: DrawnNode): number {
  return Math.ceil(Math.max(...[id, ...notes].map((text) => Array.from(text).length)) * size.glyph) + 2 * size.padX;
}

function nodeLines({ id, shape, notes, conditional, state }: DrawnNode, box: Box): string[] {
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
    ...(shape === 'sub_job' ? [bar(x + 5, box), bar(x + width - 5, box)] : []),
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
