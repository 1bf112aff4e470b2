import type { PlanStep } from '@orch/contracts';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toAscii } from './ascii.ts';
import { toDot } from './dot.ts';
import { toDrawing } from './drawing.ts';
import type { Drawing } from './drawing.ts';
import { toMermaid } from './mermaid.ts';
import { toSvg } from './svg.ts';

const terminal = {
  ...{ cwd: '/', env: {}, out: () => undefined, err: () => undefined, attend: () => () => undefined },
  paint: (_: unknown, text: string) => text,
};

const base = { fields: {}, cache: 'off', reads: [], writes: [], on_lost: 'rerun' } as const;
const retry = { tries: 0, backoff: 'fixed', base_s: 0, max_s: 0, jitter: false } as const;
const step = (id: string, more: Partial<PlanStep> = {}): PlanStep => ({
  ...{ ...base, retry, id, kind: 'shell', needs: [] },
  ...more,
});

const job = toDrawing(
  {
    steps: [
      step('pages', { each: { files: '*.md', max_items: 9 } }),
      step('sums', { each: { from: 'pages', max_items: 9 }, needs: ['pages'] }),
      step('child', { kind: 'job', fields: { spec: 'child.yaml' }, needs: ['sums'] }),
      step('agree', { kind: 'approve', fields: { question: 'Ship it?' }, needs: ['child'] }),
      step('mend', { needs: ['agree', 'pages'], accept: { agree: ['failed'] }, when: 'vars.mend' }),
    ],
  },
  new Map([['pages', 'succeeded']] as const),
);

test('fan-outs, conditions, accepted ends, item-wise needs, sub-jobs and questions each look different', () => {
  expect(toAscii(job, terminal)).toEqual([
    '[[pages]]  shell · each *.md  succeeded',
    '└─═▶ [[sums]]  shell · each item of pages',
    '  └─▶ {child}  job · runs child.yaml',
    '    └─▶ (agree)  approve · Ship it?',
    '      └─┄▷ ?[mend]  shell · when vars.mend  if agree failed  after pages',
  ]);
  expect(toMermaid(job)).toEqual([
    'flowchart TD',
    '  n0[/"pages<br/>shell<br/>each #42;.md"/]',
    '  n1[/"sums<br/>shell<br/>each item of pages"/]',
    '  n2[["child<br/>job<br/>runs child.yaml"]]',
    '  n3(["agree<br/>approve<br/>Ship it#63;"])',
    '  n4["mend<br/>shell<br/>when vars.mend"]',
    '  n0 ==> n1',
    '  n1 --> n2',
    '  n2 --> n3',
    '  n3 -. "failed" .-> n4',
    '  n0 --> n4',
    '  classDef succeeded fill:#c8f0d6,stroke:#2e8b57,color:#000',
    '  classDef conditional stroke-dasharray:5 4',
    '  class n0 succeeded',
    '  class n4 conditional',
  ]);
  const dot = toDot(job).join('\n');
  for (const shape of ['box3d', 'component', 'ellipse']) expect(dot).toContain(`shape="${shape}"`);
  expect(dot).toContain('"agree" -> "mend" [style="dashed", label="failed"]');
});

/** A chain of steps with any names and any text. */
const anyDrawing = fc
  .uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 })
  .chain((ids) =>
    fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 1, maxLength: 3 }).map((notes): Drawing => ({
      nodes: ids.map((id, level) => ({ id, level, shape: 'step', conditional: level === 1, notes })),
      edges: ids.slice(1).map((to, at) => ({ from: ids[at] ?? '', to, itemwise: false, accepts: notes[0] ?? '' })),
    })),
  );

test('any id and any text gives a flowchart that nothing in it can break out of', () => {
  fc.assert(
    fc.property(anyDrawing, (drawing) => {
      const lines = toMermaid(drawing);
      const label = String.raw`"(?:[\p{L}\p{N} _.,:/-]|#\d+;|<br/>)*"`;
      const form = new RegExp(
        String.raw`^(flowchart TD| {2}(n\d+\[${label}\]|n\d+ -\. ${label} \.-> n\d+|classDef .*|class n\d+ \w+))$`,
        'u',
      );
      expect(lines.filter((line) => !form.test(line))).toEqual([]);
    }),
  );
});

test('any id and any text gives quoted strings in dot that read back as they were', () => {
  fc.assert(
    fc.property(anyDrawing, (drawing) => {
      const text = toDot(drawing).join('\n');
      const strings = [...text.matchAll(/"((?:[^"\\]|\\[^])*)"/g)].map(([, inner = '']) => inner);
      const around = text.replace(/"(?:[^"\\]|\\[^])*"/g, 'Q');
      expect(around).toMatch(/^digraph job \{\n[\w\s[\],=>Q-]*\}$/);
      const read = strings.map((inner) =>
        inner.replaceAll(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign)),
      );
      for (const { id } of drawing.nodes) expect(read).toContain(printable(id));
    }),
  );
});

test('any id and any text gives well-formed XML', () => {
  fc.assert(
    fc.property(anyDrawing, (drawing) => {
      const texts = readXml(toSvg(drawing).join('\n'));
      for (const { id } of drawing.nodes) {
        const shown = id.toWellFormed().replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '');
        if (shown !== '') expect(texts).toContain(shown);
      }
    }),
  );
});

function printable(text: string): string {
  return text.toWellFormed().replace(/[\x00-\x09\x0b-\x1f\x7f]/g, '');
}

/** The texts of a document; fails for what is not well formed. Knows what the drawings use. */
function readXml(xml: string): string[] {
  const open: string[] = [];
  const texts: string[] = [];
  const value = '"(?:[^"<&]|&(?:amp|lt|gt|quot);)*"';
  const token = new RegExp(`<(/?)(\\w+)((?: [\\w:-]+=${value})*)(/?)>|((?:[^<&]|&(?:amp|lt|gt|quot);)+)`, 'gy');
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex;
    const found = token.exec(xml);
    if (found === null) throw new Error(`not well formed at ${at}: ${JSON.stringify(xml.slice(at, at + 80))}`);
    const [, closes, name = '', , empty, text] = found;
    if (text !== undefined) texts.push(unescaped(text));
    else if (closes === '/') expect(open.pop()).toBe(name);
    else if (empty === '') open.push(name);
  }
  expect(open).toEqual([]);
  return texts;
}

function unescaped(text: string): string {
  const names: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return text.replaceAll(/&(\w+);/g, (_, name: string) => names[name] ?? '');
}
