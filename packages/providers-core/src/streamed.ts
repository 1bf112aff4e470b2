import { OrchError, err, ok } from '@orch/contracts';
import type { Delta, Reply, Result } from '@orch/contracts';
import { createHandover } from './handover.ts';
import type { AnswerDelta } from './http.ts';
import type { Hand } from './read-answer.ts';

/**
 * An exchange as something to read piece by piece. It starts when the first piece is asked for; when the reader stops
 * early, the exchange ends, and it has ended before the reader goes on.
 */
export async function* streamed(send: (hand: Hand<AnswerDelta>) => Promise<Reply>): AsyncGenerator<Delta, void> {
  const handover = createHandover<AnswerDelta>();
  const outcome = send((parts) => handover.hand(parts))
    .then(ok<Reply>, (error: unknown) => err(error))
    .finally(() => handover.end());
  let isRead = false;
  try {
    for (let parts = await handover.take(); parts !== undefined; parts = await handover.take()) {
      for (const part of parts) yield part;
    }
    isRead = true;
    yield { type: 'done', reply: unwrap(await outcome) };
  } finally {
    if (!isRead) await leaveEarly();
  }

  async function leaveEarly(): Promise<void> {
    const unread = new OrchError('canceled', 'The answer was not read to its end.');
    handover.leave(unread);
    const result = await outcome;
    if (!result.ok && result.error !== unread) throw result.error;
  }
}

function unwrap(result: Result<Reply, unknown>): Reply {
  if (result.ok) return result.value;
  throw result.error;
}
