import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { checkEvent, eventData, eventEnvelope, jsonSchemas, manifest } from './index.ts';

const zeros = '0'.repeat(64);
const skipped = { reason: 'dependency_failed' };
const line = {
  seq: 1,
  ts: '2026-11-21T10:00:00.000Z',
  level: 'INFO',
  job_id: 'job_0123456789ab',
  type: 'step.skipped',
  step: 'qa',
  data: skipped,
  prev: zeros,
};

describe('checkEvent', () => {
  test('accepts data that fits its type', () => {
    expect(() => checkEvent('step.skipped', skipped)).not.toThrow();
  });

  test.each([
    ['a type outside the table', 'step.vanished', skipped, /event type of the table, got `step.vanished`/],
    ['a missing field', 'step.canceled', {}, /data\.reason/],
    ['a field too many', 'step.canceled', { reason: 'x', extra: 1 }, /extra/],
    ['a wrong word', 'step.skipped', { reason: 'because' }, /data\.reason/],
    ['an undefined optional', 'step.failed', { ...failed(), hint: undefined }, /data\.hint/],
  ])('refuses %s', (_, type, data, message) => {
    expect(() => checkEvent(type, data)).toThrow(message);
  });
});

test('readers accept an envelope of a type they do not know, with fields they do not know', () => {
  expect(eventEnvelope.safeParse({ ...line, type: 'step.dreamt', later: true }).success).toBe(true);
});

describe('the generated JSON Schemas', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const execution = ajv.compile(jsonSchemas()['execution_event.v1']);

  test('know every type of event', () => {
    for (const type of Object.keys(eventData)) expect(JSON.stringify(execution.schema)).toContain(`"${type}"`);
  });

  test('are closed for writers', () => {
    expect(execution(line)).toBe(true);
    expect(execution({ ...line, extra: 1 })).toBe(false);
    expect(execution({ ...line, data: { ...skipped, extra: 1 } })).toBe(false);
  });

  test('all compile', () => {
    for (const schema of Object.values(jsonSchemas())) expect(() => ajv.compile(schema)).not.toThrow();
  });
});

test('a manifest names only steps with valid ids', () => {
  const bad = manifest.safeParse({ completed_steps: ['No Such Id'] });
  expect(bad.error?.issues.some((issue) => issue.path.join('.') === 'completed_steps.0')).toBe(true);
});

function failed(): object {
  return { kind: 'tool', code: 'io', message: 'x', attempt: 1 };
}
