import { OrchError } from '@orch/contracts';
import type { Approval, Outcome, StepKind } from '@orch/contracts';
import { z } from 'zod';

const text = z.string().min(1);

const input = z.strictObject({
  question: text,
  options: z.array(text).min(1).optional(),
  expires_s: z.number().positive().optional(),
});

/** Asks a person, and goes on when there is an answer. How long one may take is no part of the question. */
export const approveKind: StepKind<z.infer<typeof input>> = {
  kind: 'approve',
  version: 1,
  input,
  fingerprint: ({ question, options }) => (options === undefined ? { question } : { question, options }),
  async run({ question, options, expires_s: expiresS }, { approval, step }) {
    if (approval !== undefined) return decided(approval, question, step);
    const more = { ...(options && { options }), ...(expiresS !== undefined && { expiresS }) };
    return { status: 'waiting', request: { question, ...more } };
  },
};

function decided(
  { granted, answer = null, by, at }: Approval,
  question: string,
  step: string,
): Outcome<never> | Granted {
  if (granted) return { status: 'succeeded', output: { answer, by, at } };
  const reason = answer === null ? '' : ` (${typeof answer === 'string' ? answer : JSON.stringify(answer)})`;
  return {
    status: 'failed',
    error: new OrchError('rejected', `${by} said no${reason}: ${question}`, {
      hint: `To ask again, resume with --from ${step}.`,
    }),
  };
}

type Granted = Extract<Outcome<Omit<Required<Approval>, 'granted'>>, { readonly status: 'succeeded' }>;
