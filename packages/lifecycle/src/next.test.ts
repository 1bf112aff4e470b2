import { attemptStates, runStates, stepStates } from '@orch/contracts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Life } from './life.ts';
import { lives } from './lives.ts';
import { isTerminal, next } from './next.ts';

/** The table "Lives" of control-plane.md, written as it stands there. `*`: terminal. */
const pages: Record<keyof typeof lives, string> = {
  run: `pending → scheduled, running, canceled · scheduled → running, canceled
    · running → waiting, paused, succeeded, failed, quarantined, canceled
    · waiting → running, paused, canceled, failed · paused → running, canceled, failed
    · failed → running, quarantined · succeeded → running · quarantined → canceled, running`,
  step: `pending → ready, blocked, skipped* · blocked → ready, skipped*, canceled* · ready → running, canceled*
    · running → waiting, retrying, succeeded*, failed*, canceled* · waiting → running, failed*, canceled* · retrying → ready`,
  item: `pending → ready, blocked, skipped* · blocked → ready, skipped*, canceled* · ready → running, canceled*
    · running → waiting, retrying, succeeded*, failed*, canceled* · waiting → running, failed*, canceled* · retrying → ready`,
  attempt: 'running → succeeded*, failed*, canceled*',
};

const states: Record<keyof typeof lives, readonly string[]> = {
  run: runStates,
  step: stepStates,
  item: stepStates,
  attempt: attemptStates,
};

const things = Object.keys(lives) as (keyof typeof lives)[];

function read(page: string) {
  const rows = page.split('·').map((row) => row.replaceAll('*', '').split('→'));
  return new Map(rows.map(([from, to]) => [from!.trim(), to!.split(',').map((state) => state.trim())]));
}

const life = (thing: keyof typeof lives): Life => lives[thing];
const codeOf = (thing: keyof typeof lives, from: string, to: string) => {
  const result = next(life(thing), from, to, { id: 'x' });
  return result.ok ? result.value : result.error.code;
};

describe.each(things)('a %s', (thing) => {
  const follows = read(pages[thing]);
  const unknown = ['', 'Running', 'done', 'constructor', '__proto__'];

  test.each(states[thing])('that is %s goes on as the page says and not otherwise', (from) => {
    for (const to of states[thing]) {
      const expected = follows.has(from) ? (follows.get(from)!.includes(to) ? to : 'invalid_transition') : 'terminal';
      expect([to, codeOf(thing, from, to)]).toEqual([to, expected]);
    }
    expect(isTerminal(life(thing), from)).toBe(!follows.has(from));
  });

  test.each(unknown)('knows no state "%s"', (state) => {
    for (const known of states[thing]) {
      expect([codeOf(thing, state, known), codeOf(thing, known, state)]).toEqual(['unknown_state', 'unknown_state']);
    }
  });

  test('that walks at random stays where it ends', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...states[thing], ...unknown)), (asked) => {
        let state = states[thing][0]!;
        for (const to of asked) {
          const before = state;
          const result = next(life(thing), state, to, { id: 'x' });
          if (result.ok) state = result.value;
          if (isTerminal(life(thing), before)) expect(state).toBe(before);
        }
        expect(states[thing]).toContain(state);
      }),
    );
  });
});

test('only a canceled run is over for good', () => {
  expect(runStates.filter((state) => isTerminal(lives.run, state))).toEqual(['canceled']);
});

test.each([
  ['retrying', 'running', 'step `build` cannot go from `retrying` to `running`: only ready may follow.'],
  ['skipped', 'ready', 'step `build` cannot go from `skipped` to `ready`: `skipped` is terminal, nothing may follow.'],
  [
    'pending',
    'done',
    'step `build` cannot go from `pending` to `done`: `done` is no step state; there are pending, blocked, ready, ',
  ],
])('an error says what may follow: %s to %s', (from, to, message) => {
  const result = next(lives.step, from, to, { id: 'build' });
  if (result.ok) expect.unreachable();
  expect(result.error).toBeInstanceOf(Error);
  expect(result.error).toMatchObject({ name: 'TransitionError', id: 'build', from, to });
  expect(result.error.message).toContain(message);
});
