import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dueDay, printAmount } from '../src/due.mjs';

test('a bill is due two weeks later, also over a change of the clocks', () => {
  assert.equal(dueDay('2026-03-01'), '2026-03-15');
  assert.equal(dueDay('2026-10-20'), '2026-11-03');
});

test('an amount has two decimals, set off as the locale does', () => {
  assert.match(printAmount(123450), /^1.234[.,]50$/);
});
