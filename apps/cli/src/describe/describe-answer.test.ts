import { expect, test } from 'vitest';
import { describeAnswer } from './describe-answer.ts';

const given = { jobId: 'job_1', resume: 'orch resume job_1', name: 'pay x' };

test('an answer is told by what it was, by who took it, and by what a resume makes of it', () => {
  const told = (granted: boolean, done: 'here' | 'there' | 'left') => describeAnswer({ ...given, granted, done });
  expect(describeAnswer({ ...given, granted: true, answer: 'all', done: 'here' })[0]).toBe(
    'pay x: granted with "all".',
  );
  expect(told(true, 'here')).toEqual(['pay x: granted without an answer.', 'Go on with: orch resume job_1']);
  expect(told(false, 'here')).toEqual(['pay x: rejected.', 'It fails when the run goes on: orch resume job_1']);
  expect(told(false, 'left')).toEqual([
    'pay x: will be rejected when the process that runs job_1 looks into its inbox.',
    'It fails when the run goes on: orch resume job_1, when that process has ended',
  ]);
  expect(told(true, 'there')[0]).toBe(
    'pay x: granted without an answer. The process that runs job_1 has taken the answer.',
  );
});
