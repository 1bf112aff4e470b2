import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createCapture } from './capture.ts';

const chunked = fc.array(fc.string({ unit: 'grapheme', maxLength: 20 }), { maxLength: 20 });

test('output up to the limit is kept whole, however it is cut', () => {
  fc.assert(
    fc.property(chunked, fc.integer({ min: 1, max: 7 }), (texts, size) => {
      const bytes = Buffer.from(texts.join(''));
      const capture = createCapture(bytes.length);
      for (let at = 0; at < bytes.length; at += size) capture.push(bytes.subarray(at, at + size));
      expect([capture.text(), capture.truncated]).toEqual([texts.join(''), false]);
    }),
  );
});

test('longer output keeps a true start and end in whole characters, within the limit', () => {
  fc.assert(
    fc.property(chunked, fc.nat({ max: 60 }), (texts, limit) => {
      const whole = texts.join('');
      const size = Buffer.byteLength(whole);
      fc.pre(size > limit && !whole.includes('\ufffd') && !whole.includes('left out'));
      const capture = createCapture(limit);
      for (const text of texts) capture.push(Buffer.from(text));
      const [, head = '', dropped = '', tail = ''] =
        /^(.*)\n\[… (\d+) bytes left out …\]\n(.*)$/su.exec(capture.text()) ?? [];
      expect(capture.truncated).toBe(true);
      expect(Number(dropped)).toBe(size - limit);
      expect(whole.startsWith(head) && whole.endsWith(tail)).toBe(true);
      const kept = Buffer.byteLength(head + tail);
      expect(kept).toBeLessThanOrEqual(limit);
      expect(kept).toBeGreaterThanOrEqual(limit - 6);
    }),
  );
});
