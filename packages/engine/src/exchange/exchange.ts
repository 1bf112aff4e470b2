import { OrchError, err, ok } from '@orch/contracts';
import type { Answer, Question, Reply, Result } from '@orch/contracts';
import { answer } from './answer.ts';
import { providerOf } from './choice.ts';
import { pose } from './pose.ts';
import type { Asker } from './pose.ts';
import { recall } from './recall.ts';
import type { RunContext } from '../run/run-context.ts';

/** One exchange: answered by an earlier one with the same key, or bought, kept and logged; in a frozen run never bought. */
export async function exchange(run: RunContext, question: Question, asker: Asker): Promise<Result<Answer>> {
  try {
    const found = run.frozen ? await recall(run, question, asker) : await ask(run, question, asker);
    const finished = whole(found.reply, question);
    return finished.ok ? ok(found) : finished;
  } catch (error) {
    if (OrchError.is(error)) return err(error);
    throw error;
  }
}

async function ask(run: RunContext, question: Question, asker: Asker): Promise<Answer> {
  const posed = pose(run, providerOf(run, asker), question, asker);
  return { key: posed.key, reply: await answer(run, posed, asker) };
}

/** An answer that was cut short or refused is an answer, but not one that a step can use. */
function whole(reply: Reply, question: Question): Result<Reply> {
  if (reply.finishReason === 'length' && question.allowTruncated !== true) {
    const limit = question.options.max_tokens;
    const at = limit === undefined ? 'at the limit of the model' : `at max_tokens ${limit}`;
    return err(
      new OrchError('truncated', `Expected a whole answer, it was cut ${at}.`, {
        hint: 'Raise `options.max_tokens` (or `options.num_ctx`), or ask for less.',
      }),
    );
  }
  if (reply.finishReason === 'refused') {
    return err(
      new OrchError('refused', 'Expected an answer, the model refused to give one.', { hint: 'Change the prompt.' }),
    );
  }
  return ok(reply);
}
