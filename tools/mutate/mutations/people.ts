import type { Mutation } from '../mutation.ts';

const src = 'packages/engine/src';
const approve = [`${src}/questions/approve.test.ts`];

/** What is asked of persons, and what they say. */
export const peopleMutations: readonly Mutation[] = [
  {
    name: 'question-asked-again',
    breaks: 'a question that is open is asked anew at each resume',
    file: `${src}/questions/wait-for-answer.ts`,
    replace: 'const asked = isOpen ? thread.asked : askPerson(',
    by: 'const asked = isOpen === undefined ? (undefined as never) : askPerson(',
    tests: approve,
  },
  {
    name: 'expiry-ignored',
    breaks: 'an answer counts however late it comes',
    file: `${src}/questions/questions.ts`,
    replace: 'return at !== undefined && now >= Date.parse(at);',
    by: 'return at !== undefined && now >= Infinity;',
    tests: approve,
  },
  {
    name: 'expiry-not-awaited',
    breaks: 'a run that goes on waits for an answer past the time for it',
    file: `${src}/questions/wait-for-answer.ts`,
    replace: 'const until = at === undefined ? answered : Promise.race([answered, sleepUntil(run, at)]);',
    by: 'const until = at === undefined || sleepUntil === undefined ? answered : answered;',
    tests: approve,
  },
  {
    name: 'options-unchecked',
    breaks: 'any answer will do, whatever the options',
    file: `${src}/questions/record-answer.ts`,
    replace: 'if (!granted || options === undefined) return undefined;',
    by: 'if (granted || !granted || options === undefined) return undefined;',
    tests: approve,
  },
  {
    name: 'second-answer-counts',
    breaks: 'a question that was answered can be answered again',
    file: `${src}/questions/record-answer.ts`,
    replace: 'if (decision !== undefined) {',
    by: 'if (decision !== undefined && decision.by === undefined) {',
    tests: approve,
  },
  {
    name: 'rejected-is-granted',
    breaks: 'a no lets the step succeed',
    file: `${src}/kinds/approve.ts`,
    replace: 'if (granted) return',
    by: 'if (granted || step !== undefined) return',
    tests: approve,
  },
  {
    name: 'answer-not-heard',
    breaks: 'a step that waits does not go on when the answer comes while its run lives',
    file: `${src}/questions/questions.ts`,
    replace: '    listeners.get(key)?.();\n',
    by: '',
    tests: approve,
  },
];
