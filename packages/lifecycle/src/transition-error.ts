import type { Life } from './life.ts';

export type TransitionErrorCode =
  /** `from` or `to` is no state of this life. */
  | 'unknown_state'
  /** `from` is terminal: nothing may follow. */
  | 'terminal'
  /** Both are states, but `to` may not follow `from`. */
  | 'invalid_transition';

type Transition = { readonly life: Life; readonly id: string; readonly from: string; readonly to: string };

/** Why a state may not follow another. */
export class TransitionError extends Error {
  override readonly name = 'TransitionError';
  readonly code: TransitionErrorCode;
  readonly id: string;
  readonly from: string;
  readonly to: string;

  constructor(code: TransitionErrorCode, { life, id, from, to }: Transition) {
    super(`${life.thing} \`${id}\` cannot go from \`${from}\` to \`${to}\`: ${reasons[code]({ life, from, to })}.`);
    this.code = code;
    this.id = id;
    this.from = from;
    this.to = to;
  }
}

const reasons: Record<TransitionErrorCode, (transition: Omit<Transition, 'id'>) => string> = {
  unknown_state: ({ life, from, to }) => {
    const states = Object.keys(life.follows);
    const unknown = [from, to].find((state) => !states.includes(state));
    return `\`${unknown}\` is no ${life.thing} state; there are ${states.join(', ')}`;
  },
  terminal: ({ from }) => `\`${from}\` is terminal, nothing may follow`,
  invalid_transition: ({ life, from }) => `only ${life.follows[from]!.join(', ')} may follow`,
};
