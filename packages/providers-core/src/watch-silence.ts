import type { Clock, Resilience } from '@orch/contracts';

/** How long one try may take: to the first byte of its answer, between its chunks, and in all where that is limited. */
export type Patience = {
  readonly firstByteMs: number;
  readonly betweenChunksMs: number;
  readonly totalMs?: number | undefined;
  /** By whom the first two may have been set; else they are what the environment says. */
  readonly setBy?: readonly (Resilience | undefined)[];
};

/** What did not come in time. */
export type Missing = 'first byte' | 'next chunk' | 'end';

/** Silence is only the time spent waiting for the server, not the time its answer is being used. */
export type SilenceWatch = { waits(): void; rests(): void; stop(): void };

/** Calls `onLate` once, when the server took too long; the wait for its first byte begins at once. */
export type WatchSilence = (patience: Patience, onLate: (missing: Missing) => void) => SilenceWatch;

/** Made once: a reason of its own would be a DOMException with a stack, for each request. */
const noLongerNeeded = new Error('The wait is over.');

/** Watches any number of answers with one timer: each costs looks at the clock only. */
export function createSilenceWatch(clock: Clock): WatchSilence {
  const watched = new Set<Watched>();
  let wakesAt = Infinity;
  let asleep = new AbortController();

  const wakeAt = (due: number): void => {
    if (due >= wakesAt) return;
    asleep.abort(noLongerNeeded);
    const { signal } = (asleep = new AbortController());
    wakesAt = due;
    clock.sleep(Math.max(0, due - clock.monotonic()), signal).then(lookAround, (reason: unknown) => {
      if (!signal.aborted) throw reason;
    });
  };
  const lookAround = (): void => {
    wakesAt = Infinity;
    const now = clock.monotonic();
    for (const one of watched) {
      const missing = missingOf(one, now);
      if (missing === undefined) wakeAt(nextLook(one, now));
      else {
        watched.delete(one);
        one.onLate(missing);
      }
    }
  };

  return (patience, onLate) => {
    const now = clock.monotonic();
    const one: Watched = { patience, onLate, started: now, since: now, awaits: 'first byte' };
    watched.add(one);
    wakeAt(nextLook(one, now));
    return {
      waits: () => void (one.since = clock.monotonic()),
      rests: () => {
        one.since = undefined;
        one.awaits = 'next chunk';
      },
      stop: () => {
        watched.delete(one);
        if (watched.size > 0) return;
        asleep.abort(noLongerNeeded);
        wakesAt = Infinity;
      },
    };
  };
}

type Watched = {
  readonly patience: Patience;
  readonly onLate: (missing: Missing) => void;
  readonly started: number;
  since: number | undefined;
  awaits: Exclude<Missing, 'end'>;
};

function missingOf(one: Watched, now: number): Missing | undefined {
  if (silenceEnds(one, now) <= now) return one.awaits;
  return totalEnds(one) <= now ? 'end' : undefined;
}

/** Never past the end of a silence that has not begun yet. */
function nextLook(one: Watched, now: number): number {
  return Math.min(silenceEnds(one, now), totalEnds(one), now + one.patience.betweenChunksMs);
}

function silenceEnds({ patience, since, awaits }: Watched, now: number): number {
  return (since ?? now) + (awaits === 'first byte' ? patience.firstByteMs : patience.betweenChunksMs);
}

function totalEnds({ patience, started }: Watched): number {
  return started + (patience.totalMs ?? Infinity);
}
