import { OrchError } from '@orch/contracts';
import type { Answer, Question } from '@orch/contracts';
import { keepQuestion } from './answer.ts';
import { providerOf } from './choice.ts';
import { explainMiss } from './explain-miss.ts';
import { pose } from './pose.ts';
import type { Asker, Posed } from './pose.ts';
import type { RunContext } from '../run/run-context.ts';

/**
 * Of a frozen run: the stored answer, whatever the step's cache mode says, else a recorded or echoed one. Nobody is
 * called; a miss is `frozen_miss` and tells what differs from the nearest entry.
 */
export async function recall(run: RunContext, question: Question, asker: Asker): Promise<Answer> {
  const provider = providerOf(run, asker);
  const posed = pose(run, provider ?? run.recordings, question, asker);
  const stored = await findStored(run, posed, asker);
  if (stored !== undefined) return stored;
  // Who only echoes or plays back calls nobody.
  const offline = provider?.can.shareable === false ? provider : run.recordings;
  const recorded = offline && (await findRecorded(run, pose(run, offline, question, asker), asker));
  if (recorded !== undefined) return recorded;
  throw await missing(run, posed, asker);
}

async function findStored(run: RunContext, posed: Posed, { step, item, signal }: Asker): Promise<Answer | undefined> {
  const mode = posed.provider.can.shareable ? 'auto' : 'run';
  const nobody = () => Promise.reject(new OrchError('frozen_miss', `No reply is stored for step ${step}.`));
  try {
    const { value, from } = await run.cache.getOrCompute(posed.preimage, nobody, { mode, signal });
    const source = from === 'computed' ? 'in_flight' : from;
    run.journal.push('cache.hit', { cache_key: posed.key, source }, { step, item });
    return { key: posed.key, reply: value };
  } catch (error) {
    if (OrchError.is(error) && error.code === 'frozen_miss') return undefined;
    throw error;
  }
}

async function findRecorded(run: RunContext, posed: Posed, { step, item, signal }: Asker): Promise<Answer | undefined> {
  const { provider, request, preimage, key } = posed;
  const read = () => provider.complete(request, { signal, clock: run.clock });
  try {
    const { value } = await run.cache.getOrCompute(preimage, read, { mode: 'run', signal });
    run.journal.push('cache.hit', { cache_key: key, source: 'run' }, { step, item });
    return { key, reply: value };
  } catch (error) {
    if (OrchError.is(error) && error.code === 'recording_missing') return undefined;
    throw error;
  }
}

async function missing(run: RunContext, posed: Posed, { step, item }: Asker): Promise<OrchError> {
  const { changed, lines } = await explainMiss(run, posed.preimage);
  run.journal.push('cache.miss', { cache_key: posed.key, changed: [...changed] }, { step, item });
  keepQuestion(run, posed);
  const found = ['Expected a stored or recorded reply, as --frozen demands, found none.', ...lines].join('\n');
  return new OrchError('frozen_miss', found, {
    hint: 'Run it once without --frozen, or bring its cache or recordings.',
  });
}
