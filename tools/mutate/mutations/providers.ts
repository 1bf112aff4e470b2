import type { Mutation } from '../mutation.ts';

const engine = 'packages/engine/src';
const core = 'packages/providers-core/src';

/** Calls to models: what is read of an answer, who waits for whom, and how long. */
export const providerMutations: readonly Mutation[] = [
  {
    name: 'answer-never-waits',
    breaks: 'an answer that nobody reads yet fills the memory',
    file: `${core}/receive.ts`,
    replace: 'if (this.#unreadBytes > maxUnreadBytes) connection.pause();',
    by: '',
    tests: [`${core}/receive.test.ts`],
  },
  {
    name: 'answer-end-overtakes',
    breaks: 'an answer ends before its last words are used',
    file: `${core}/receive.ts`,
    replace: 'if (!this.#isReading) ending();',
    by: 'ending();',
    tests: [`${core}/receive.test.ts`, `${core}/create-http.test.ts`],
  },
  {
    name: 'answer-of-any-length',
    breaks: 'an answer without end fills the memory',
    file: `${core}/read-answer.ts`,
    replace: 'if (bytes > maxAnswerBytes) throw tooMuch();',
    by: '',
    tests: [`${core}/hostile.test.ts`],
  },
  {
    name: 'silence-while-used',
    breaks: 'the time that an answer is being used counts as silence of the server',
    file: `${core}/read-answer.ts`,
    replace: '      silence.rests();\n      bytes',
    by: '      bytes',
    tests: [`${core}/create-http.test.ts`],
  },
  {
    name: 'broken-stream-costs-nothing',
    breaks: 'tokens of an answer that broke off are counted nowhere',
    file: `${core}/define-provider.ts`,
    replace: 'const spent = meter?.spent();',
    by: 'const spent = undefined;',
    tests: ['packages/providers-openai/src/conformance.test.ts'],
  },
  {
    name: 'outage-for-ever-waited-out',
    breaks: 'every step waits for a service that is down for good',
    file: `${core}/breaker.ts`,
    replace: 'if (inTrial !== undefined) failedTrials++;',
    by: '',
    tests: [`${core}/breaker.test.ts`],
  },
  {
    name: 'outage-fails-at-once',
    breaks: 'a short outage fails everything that was under way',
    file: `${engine}/exchange/outlast.ts`,
    replace: "if (!OrchError.is(error) || error.code !== 'circuit_open') return undefined;",
    by: 'if (OrchError.is(error)) return undefined;',
    tests: [`${engine}/exchange/outlast.test.ts`],
  },
  {
    name: 'drain-waits-for-limits',
    breaks: 'the first Ctrl-C waits for what only waits itself',
    file: `${engine}/exchange/throttle.ts`,
    replace: 'run.admission.rest(() => wait(run.drain))',
    by: 'run.admission.rest(() => wait())',
    tests: [`${engine}/exchange/outlast.test.ts`],
  },
  {
    name: 'parked-for-ever',
    breaks: 'who waits for a place at a provider never starts',
    file: `${engine}/graph/admission.ts`,
    replace: '      started--;\n      parking.look(started);',
    by: '      started--;',
    tests: [`${engine}/graph/admission.test.ts`],
  },
  {
    name: 'started-while-full',
    breaks: 'steps start that their provider has no place for, and their time runs while they wait',
    file: `${engine}/graph/parking.ts`,
    replace: 'if (found.ms === 0 && started === 0) return false;',
    by: 'if (found.ms === 0) return false;',
    tests: [`${engine}/graph/admission.test.ts`],
  },
  {
    name: 'tokens-given-back-late',
    breaks: 'who waits for tokens waits a minute, though an answer took fewer than were counted',
    file: `${core}/pace.ts`,
    replace: 'await Promise.race([slept, limiter.ended()])',
    by: 'await Promise.race([slept])',
    tests: [`${core}/waits.test.ts`],
  },
];
