const minuteMs = 60_000;

/** What was taken of a limit at some moment; `counts` until it is forgotten. */
type Portion = { readonly at: number; amount: number; counts: boolean };

/** What was taken in the last minute. Times are on a clock that never goes back, in milliseconds. */
export type MinuteWindow = {
  /** How long until so much may be taken; what is above the limit itself may be when nothing else is. */
  msUntil(amount: number, now: number): number;
  take(amount: number, now: number): Portion;
  /** Puts right what was taken. */
  correct(portion: Portion, amount: number): void;
};

/**
 * Never more than `limit` in any minute, wherever it begins: every portion is kept until it is a minute old. (A bucket
 * that fills up steadily would let twice as much pass in the first minute.) Below one a minute, the minute is longer.
 */
export function minuteWindow(limit: number): MinuteWindow {
  if (limit === Infinity) return unlimited;
  const periodMs = limit < 1 ? minuteMs / limit : minuteMs;
  const most = Math.max(1, Math.floor(limit));
  let portions: Portion[] = [];
  let first = 0;
  let sum = 0;

  const forget = (now: number): void => {
    for (let oldest = portions[first]; oldest !== undefined && now - oldest.at >= periodMs; oldest = portions[first]) {
      oldest.counts = false;
      sum -= oldest.amount;
      first++;
    }
    if (first < 1_000) return;
    portions = portions.slice(first);
    first = 0;
  };
  return {
    msUntil(amount, now) {
      forget(now);
      let excess = sum + Math.min(amount, most) - most;
      for (let at = first; excess > 0; at++) {
        const portion = portions[at];
        if (portion === undefined) return 0;
        excess -= portion.amount;
        if (excess <= 0) return portion.at + periodMs - now;
      }
      return 0;
    },
    take(amount, now) {
      const portion = { at: now, amount, counts: true };
      portions.push(portion);
      sum += amount;
      return portion;
    },
    correct(portion, amount) {
      if (!portion.counts) return;
      sum += amount - portion.amount;
      portion.amount = amount;
    },
  };
}

const unlimited: MinuteWindow = {
  msUntil: () => 0,
  take: (amount, at) => ({ at, amount, counts: false }),
  correct: () => undefined,
};
