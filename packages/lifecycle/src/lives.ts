import type { AttemptState, RunState, StepState } from '@orch/contracts';
import type { Life } from './life.ts';

const run: Life<RunState> = {
  thing: 'run',
  follows: {
    pending: ['scheduled', 'running', 'canceled'],
    scheduled: ['running', 'canceled'],
    running: ['waiting', 'paused', 'succeeded', 'failed', 'quarantined', 'canceled'],
    waiting: ['running', 'paused', 'canceled', 'failed'],
    paused: ['running', 'canceled', 'failed'],
    failed: ['running', 'quarantined'],
    succeeded: ['running'],
    quarantined: ['canceled', 'running'],
    canceled: [],
  },
};

const step: Life<StepState> = {
  thing: 'step',
  follows: {
    pending: ['ready', 'blocked', 'skipped'],
    blocked: ['ready', 'skipped', 'canceled'],
    ready: ['running', 'canceled'],
    running: ['waiting', 'retrying', 'succeeded', 'failed', 'canceled'],
    waiting: ['running', 'failed', 'canceled'],
    retrying: ['ready'],
    succeeded: [],
    failed: [],
    skipped: [],
    canceled: [],
  },
};

const item: Life<StepState> = { ...step, thing: 'item' };

const attempt: Life<AttemptState> = {
  thing: 'attempt',
  follows: {
    running: ['succeeded', 'failed', 'canceled'],
    succeeded: [],
    failed: [],
    canceled: [],
  },
};

/** Within one attempt of a run; the next attempt begins them anew. */
export const lives = { run, step, item, attempt } as const;
