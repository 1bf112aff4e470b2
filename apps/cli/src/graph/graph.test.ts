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

const sub = (id: string, steps: readonly PlanStep[], more: Partial<PlanStep> = {}): PlanStep => {
  const job = { plan: { steps }, spec: {}, inputs: [], jobDir: '.' };
  return step(id, { kind: 'job', fields: { spec: `${id}.yaml`, job }, ...more });
};

const nested = toDrawing({
  steps: [
    step('first'),
    sub('outer', [step('a'), sub('inner', [step('x'), step('y', { needs: ['x'] })], { needs: ['a'] })], {
      needs: ['first'],
      each: { list: [1, 2], max_items: 9 },
    }),
    step('last', { needs: ['outer'] }),
  ],
});

test('the steps of a job that a step runs are drawn within it, and those of a job within that', () => {
  expect(toAscii(nested, terminal)).toEqual([
    '[first]  shell',
    '└─▶ [[outer]]  job · each of 2 items · runs outer.yaml',
    '  │ ┊ [a]  shell',
    '  │ ┊ └─▶ {inner}  job · runs inner.yaml',
    '  │ ┊     ┊ [x]  shell',
    '  │ ┊     ┊ └─▶ [y]  shell',
    '  └─▶ [last]  shell',
  ]);
  expect(toMermaid(nested)).toEqual([
    'flowchart TD',
    '  n0["first<br/>shell"]',
    '  subgraph n1["outer<br/>job<br/>each of 2 items<br/>runs outer.yaml"]',
    '    n1_0["a<br/>shell"]',
    '    subgraph n1_1["inner<br/>job<br/>runs inner.yaml"]',
    '      n1_1_0["x<br/>shell"]',
    '      n1_1_1["y<br/>shell"]',
    '      n1_1_0 --> n1_1_1',
    '    end',
    '    n1_0 --> n1_1',
    '  end',
    '  n2["last<br/>shell"]',
    '  n0 --> n1',
    '  n1 --> n2',
  ]);
  expect(toDot(nested)).toEqual([
    'digraph job {',
    '  graph [rankdir=TB, compound=true, fontname="sans-serif", fontsize=11]',
    '  node [fontname="sans-serif", fontsize=11]',
    '  edge [fontname="sans-serif", fontsize=9]',
    String.raw`  "first" [label="first\nshell", shape="box"]`,
    '  subgraph "cluster_outer" {',
    String.raw`    graph [style="solid", label="outer\njob\neach of 2 items\nruns outer.yaml"]`,
    String.raw`    "outer/a" [label="a\nshell", shape="box"]`,
    '    subgraph "cluster_outer/inner" {',
    String.raw`      graph [style="solid", label="inner\njob\nruns inner.yaml"]`,
    String.raw`      "outer/inner/x" [label="x\nshell", shape="box"]`,
    String.raw`      "outer/inner/y" [label="y\nshell", shape="box"]`,
    '      "outer/inner/x" -> "outer/inner/y"',
    '    }',
    '    "outer/a" -> "outer/inner/x" [lhead="cluster_outer/inner"]',
    '  }',
    String.raw`  "last" [label="last\nshell", shape="box"]`,
    '  "first" -> "outer/a" [lhead="cluster_outer"]',
    '  "outer/inner/y" -> "last" [ltail="cluster_outer"]',
    '}',
  ]);
});

test('in a picture a frame has all its steps within, and nothing else', () => {
  const picture = toSvg(nested).join('\n');
  const boxes = new Map(
    [
      ...picture.matchAll(/<title>(\w+)[^]*?<rect class="box[^"]*" x="(\d+)" y="(\d+)" width="(\d+)" height="(\d+)"/g),
    ].map(([, id = '', ...sides]) => {
      const [x = 0, y = 0, width = 0, height = 0] = sides.map(Number);
      return [id, { left: x, top: y, right: x + width, bottom: y + height }];
    }),
  );
  const isIn = (id: string, frame: string): boolean => {
    const [a, b] = [boxes.get(id)!, boxes.get(frame)!];
    return a.left > b.left && a.top > b.top && a.right < b.right && a.bottom < b.bottom;
  };
  const within = [...boxes.keys()].map((frame) => [frame, [...boxes.keys()].filter((id) => isIn(id, frame))]);
  expect(Object.fromEntries(within)).toEqual({
    ...{ first: [], last: [], a: [], x: [], y: [] },
    ...{ outer: ['a', 'inner', 'x', 'y'], inner: ['x', 'y'] },
  });
  expect(readXml(picture)).toContain('outer');
});

/** A chain of steps with any names and any text. */
const anyChain = fc
  .uniqueArray(fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }), { minLength: 1, maxLength: 5 })
  .chain((ids) =>
    fc.array(fc.string({ unit: 'binary', maxLength: 20 }), { minLength: 1, maxLength: 3 }).map((notes): Drawing => ({
      nodes: ids.map((id, level) => ({ id, level, shape: 'step', conditional: level === 1, notes })),
      edges: ids.slice(1).map((to, at) => ({ from: ids[at] ?? '', to, itemwise: false, accepts: notes[0] ?? '' })),
    })),
  );

/** One of them may have another chain within. */
const anyDrawing = fc.tuple(anyChain, fc.option(anyChain)).map(([drawing, inner]): Drawing => {
  if (inner === null) return drawing;
  return { ...drawing, nodes: drawing.nodes.map((node, at) => (at === 0 ? { ...node, inner } : node)) };
});

test('any id and any text gives a flowchart that nothing in it can break out of', () => {
  fc.assert(
    fc.property(anyDrawing, (drawing) => {
      const lines = toMermaid(drawing);
      const label = String.raw`"(?:[\p{L}\p{N} _.,:/-]|#\d+;|<br/>)*"`;
      const form = new RegExp(
        String.raw`^(flowchart TD| {2,4}(NODE\[${label}\]|NODE -\. ${label} \.-> NODE|subgraph NODE\[${label}\]|end|classDef .*|class NODE \w+))$`.replaceAll(
          'NODE',
          String.raw`n\d+(?:_\d+)?`,
        ),
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
      expect(around).toMatch(/^digraph job \{\n[\w\s[\],=>Q{}-]*\}$/);
      const read = strings.map((inner) =>
        inner.replaceAll(/\\(.)/g, (_, sign: string) => (sign === 'n' ? '\n' : sign)),
      );
      for (const { id, inner } of drawing.nodes) expect(read).toContain(printable(inner ? `cluster_${id}` : id));
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
