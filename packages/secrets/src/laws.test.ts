import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createHider } from './create-hider.ts';

/** Few letters make many overlaps; no asterisk, for a mask beside one may look like such a secret. */
const letters = fc.constantFrom(...'aabbcnu"\'\\/+%&<=0123456789éü \n', '\u{1f511}');
const secret = fc.oneof(
  fc.string({ unit: letters, minLength: 8, maxLength: 24 }),
  fc.string({ unit: 'binary', minLength: 8, maxLength: 40 }).filter((text) => !text.includes('*')),
);
const secrets = fc.array(
  secret.filter((text) => text.trim() !== ''),
  { minLength: 1, maxLength: 4 },
);
const around = fc.oneof(fc.string({ unit: letters, maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 12 }));

type Writer = (secret: string, before: string, after: string) => string;

const writers: Writer[] = [
  (text) => text,
  (text) => JSON.stringify(text).slice(1, -1),
  encodeURIComponent,
  (text) => new URLSearchParams([['', text]]).toString().slice(1),
  (text) => text.replaceAll("'", `'\\''`),
  (text, before, after) => Buffer.from(before + text + after).toString('hex'),
  (text, before, after) => Buffer.from(before + text + after).toString('base64'),
  (text, before, after) => Buffer.from(before + text + after).toString('base64url'),
];

/** Secrets, and a text that holds some of them, written in different ways. */
const planted = secrets.chain((values) =>
  fc
    .array(fc.tuple(around, fc.constantFrom(...values), fc.constantFrom(...writers), around), { maxLength: 5 })
    .map((parts) => ({
      values,
      text: parts.map(([before, value, write, after]) => before + write(value, before, after) + after).join(''),
    })),
);

/** What of a secret must not be left: found without the code that is tested. */
function tracesOf(value: string): string[] {
  const plain = writers.slice(0, 5).map((write) => write(value, '', ''));
  const bytes = Buffer.from(value);
  const coded = (['base64', 'base64url'] as const).flatMap((code) => [0, 1, 2].map((at) => certain(bytes, at, code)));
  return [...plain, bytes.toString('hex'), ...coded.filter((text) => text.length >= 8)];
}

/** The characters that stay the same whatever stands around the bytes. */
function certain(bytes: Buffer, offset: number, code: 'base64' | 'base64url'): string {
  const rest = 3 - ((offset + bytes.length) % 3);
  const [low = '', high = ''] = [0x00, 0xff].map((fill) =>
    Buffer.concat([Buffer.alloc(offset, fill), bytes, Buffer.alloc(rest, fill)]).toString(code),
  );
  const length = [...low].filter((unit, at) => unit === high[at]).length;
  const start = Math.ceil((offset * 8) / 6);
  return low.slice(start, start + length);
}

const runs = { numRuns: 400 };

test('nothing that can be told of a secret is left', () => {
  fc.assert(
    fc.property(planted, ({ values, text }) => {
      const hidden = createHider(values).text(text);
      for (const trace of values.flatMap(tracesOf)) expect(hidden).not.toContain(trace);
    }),
    runs,
  );
});

test('what was hidden once stays as it is', () => {
  fc.assert(
    fc.property(planted, ({ values, text }) => {
      const hider = createHider(values);
      const hidden = hider.text(text);
      expect(hider.text(hidden)).toBe(hidden);
    }),
    runs,
  );
});

test('a text without secrets stays as it is', () => {
  fc.assert(
    fc.property(secrets, fc.string({ unit: 'binary' }), (values, text) => {
      fc.pre(!values.flatMap(tracesOf).some((trace) => text.includes(trace)));
      expect(createHider(values).text(text)).toBe(text);
    }),
    runs,
  );
});

test('however a text is cut, its stream is the whole', () => {
  const cuts = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 12 });
  fc.assert(
    fc.property(planted, cuts, ({ values, text }, places) => {
      const hider = createHider(values);
      const stream = hider.stream();
      const at = [...places.map((place) => Math.round(place * text.length)), text.length].toSorted((a, b) => a - b);
      const pieces = at.map((end, index) => stream.push(text.slice(at[index - 1] ?? 0, end)));
      expect(pieces.join('') + stream.end()).toBe(hider.text(text));
      for (const piece of pieces) expect(piece).not.toMatch(/[\ud800-\udbff]$/);
    }),
    runs,
  );
});

test('bytes are hidden as their text is', () => {
  fc.assert(
    fc.property(planted, ({ values, text }) => {
      const hider = createHider(values);
      expect(Buffer.from(hider.bytes(Buffer.from(text))).toString()).toBe(hider.text(text));
    }),
    runs,
  );
});

test('JSON with secrets in its strings stays JSON', () => {
  // One that ends with a backslash may end with the one that escapes what follows.
  const values = secrets
    .map((all) => all.map((value) => value.replace(/\\+$/, 'x')))
    .filter((all) => all.every((value) => value.length >= 8));
  const parts = values.chain((all) => fc.tuple(fc.constant(all), fc.array(fc.oneof(around, fc.constantFrom(...all)))));
  fc.assert(
    fc.property(parts, ([all, texts]) => {
      const hidden = createHider(all).text(JSON.stringify({ text: texts.join('') }));
      expect(() => JSON.parse(hidden) as unknown).not.toThrow();
    }),
    runs,
  );
});
