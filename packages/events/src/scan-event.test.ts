import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseEvent } from './parse-event.ts';
import { EventScanner } from './scan-event.ts';

const names: Record<string, readonly string[]> = {
  'step.started': ['attempt', 'input_hash'],
  'step.succeeded': ['duration_s', 'input_hash'],
  'llm.request': ['request_id'],
  'llm.response': ['request_id', 'tokens_in', 'tokens_out'],
  'cache.hit': [],
  'cache.miss': [],
  'file.written': ['path', 'sha256', 'size_bytes', 'wrote'],
};

const awkward = [
  '"',
  '\\',
  '\\"',
  'ü',
  '😀',
  '\u2028',
  '\0',
  '\ud800',
  ',"data":{',
  '},"prev":"',
  '"attempt":1',
  '{',
  '}',
  ',',
];
const text = fc.oneof(
  fc.array(fc.constantFrom('a', 'step_1', ...awkward), { maxLength: 4 }).map((parts) => parts.join('')),
  fc.string(),
);
const number = fc.oneof(fc.integer(), fc.double({ noDefaultInfinity: true, noNaN: true }), fc.maxSafeNat());
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
const value = fc.oneof({ weight: 5, arbitrary: scalar }, fc.array(scalar), fc.dictionary(text, scalar));
const timestamp = fc.date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) });
const ts = fc.oneof({ weight: 5, arbitrary: timestamp.map((date) => date.toISOString()) }, text);

/** Data with the members that are looked for, in any order and among others. */
function dataOf(type: string) {
  const known = fc.shuffledSubarray([...(names[type] ?? [])]);
  const member = fc.tuple(text, value);
  return fc
    .tuple(known, fc.array(scalar, { minLength: 4, maxLength: 4 }), fc.array(member, { maxLength: 2 }), fc.boolean())
    .map(([keys, values, others, after]) => {
      const wanted = keys.map((key, n) => [key, values[n]]);
      return Object.fromEntries(after ? [...wanted, ...others] : [...others, ...wanted]) as Record<string, unknown>;
    });
}

const event = fc.constantFrom(...Object.keys(names), 'job.started').chain((type) =>
  fc.record(
    {
      seq: fc.nat(),
      ts,
      level: fc.constantFrom('INFO', 'WARN', 'ERROR'),
      job_id: text,
      type: fc.constant(type),
      step: text,
      item: text,
      data: dataOf(type),
      prev: fc.constant('a'.repeat(64)),
    },
    { requiredKeys: ['seq', 'ts', 'level', 'job_id', 'type', 'data', 'prev'] },
  ),
);
type Shape = (line: object) => string;
const otherwise = fc.constantFrom<Shape>(
  (line) => JSON.stringify(line, null, 1).replaceAll('\n', ' '),
  (line) => JSON.stringify(Object.fromEntries(Object.entries(line).toReversed())),
  (line) => JSON.stringify({ ...line, more: { data: { attempt: 1 } } }),
  (line) => JSON.stringify({ more: { type: 'step.started' }, ...line }),
);
const shape = fc.oneof({ weight: 3, arbitrary: fc.constant(JSON.stringify as Shape) }, otherwise);

test('what is scanned of any line is what parsing it gives', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(event, shape), { minLength: 1, maxLength: 3 }), (lines) => {
      const scanner = new EventScanner();
      for (const [made, write] of lines) {
        const line = Buffer.from(write(made));
        const scanned = scanner.scan(line);
        if (!scanned) continue;
        const parsed = parseEvent(line);
        const { seq, ts, job_id, type, step, item } = parsed ?? {};
        expect(scanned).toMatchObject({ seq, ts, job_id, type, step, item });
        const wanted = names[scanned.type] ?? [];
        const all = parsed?.data as Record<string, unknown>;
        expect(scanned.data).toEqual(
          Object.fromEntries(wanted.filter((name) => name in all).map((name) => [name, all[name]])),
        );
      }
    }),
    { numRuns: 2_000 },
  );
});

const at = { ts: '2026-01-01T00:00:00.000Z', level: 'INFO', job_id: 'job_0123456789ab' };
const prev = 'a'.repeat(64);

test('lines as their writer makes them are scanned, also where their text needs escapes', () => {
  const scanner = new EventScanner();
  const scan = (type: string, members: object) =>
    scanner.scan(Buffer.from(JSON.stringify({ seq: 7, ...at, type, step: 's', item: 'ü"', data: members, prev })));
  const read = { request_id: 'r\\', provider: 'ü', tokens_in: 2 };
  expect(scan('llm.response', read)).toMatchObject({
    seq: 7,
    step: 's',
    item: 'ü"',
    data: { request_id: 'r\\', tokens_in: 2 },
  });
  expect(scan('step.succeeded', { duration_s: 0.5, input_hash: 'h', output: { input_hash: 'no' } })?.data).toEqual({
    duration_s: 0.5,
    input_hash: 'h',
  });
  expect(scan('cache.miss', { cache_key: 'k', changed: ['a'] })?.data).toEqual({});
  expect(scan('job.started', {})).toBeUndefined();
});

test('a text that is written like the one of the line before, but reads otherwise, is not taken for it', () => {
  const scanner = new EventScanner();
  for (const step of ['\\n', '\n', 'Ã¼', 'ü', 'ü', 's', 's']) {
    const line = JSON.stringify({ seq: 7, ...at, type: 'cache.hit', step, data: {}, prev });
    expect(scanner.scan(Buffer.from(line))?.step).toBe(step);
  }
});

test('a line without its end or with another time is not scanned, and numbers are read to their end', () => {
  const head = (ts: string) => `{"seq":7,"ts":"${ts}","level":"INFO","job_id":"j","type":"step.started","data":`;
  const scan = (line: string) => new EventScanner().scan(Buffer.from(line));
  const write = (attempt: string, ts = at.ts) => `${head(ts)}{"input_hash":"h","attempt":${attempt}},"prev":"${prev}"}`;
  expect(scan(write('1').slice(0, -1))).toBeUndefined();
  expect(scan(write('1', 'about noon, or so I hope'))).toBeUndefined();
  for (const attempt of ['1', '0', '-1', '1.5', '1e3', '1592788081757065460']) {
    expect(scan(write(attempt))?.data).toEqual({ input_hash: 'h', attempt: Number(attempt) });
  }
});
