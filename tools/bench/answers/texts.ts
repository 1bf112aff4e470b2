/** The text of a whole answer. */
export const answerText = 'It was a bright cold day in April, and the clocks were striking thirteen. '.repeat(8);

/** Pieces of text of a streamed answer, each an event. */
export const pieces = Array.from({ length: 1_000 }, (_, at) => ` word${at}`);

/** Tokens that either took. */
export const tokens = { asked: 260, answered: 130 } as const;

/** Of a whole streamed text. */
export const characters = pieces.join('').length;
