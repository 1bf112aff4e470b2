// The job of job.yaml, in TypeScript: the same plan, with types. The function runs once, when the job is compiled;
// the values in it are references, and a misspelt one is an error of the type checker.
//
//   orch run job.ts --provider replay
import { defineJob } from '@orch/sdk';

const audiences = ['engineers', 'managers'] as const;

export default defineJob({ project: 'announcement', vars: { product: 'a tea timer' } }, (j) => {
  const facts = j.llm('facts', {
    prompt: j.t`Three facts about ${j.vars.product}, and its name.`,
    schema: { name: 'string', facts: ['string'] },
    assert: { that: ({ output }) => j.expr`${output.facts.size} == 3` },
  });
  const letters = j.llm('letters', {
    each: audiences,
    prompt: (audience) =>
      j.t`Announce ${facts.output.name} to ${audience} in two sentences. Facts: ${facts.output.facts}`,
    onFailure: 'continue',
  });
  const file = j.files('file', {
    write: { 'announcement.md': j.t`# ${facts.output.name}\n\n${j.expr`${letters.output} | join: "\n\n"`}\n` },
  });
  return { name: facts.output.name, letters, file };
});
