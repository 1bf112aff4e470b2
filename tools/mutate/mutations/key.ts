import type { Mutation } from '../mutation.ts';

const cache = 'packages/cache/src';
const engine = 'packages/engine/src';
const canonical = [`${cache}/canonical-json.test.ts`];

/** Which answer a question gets: everything that may change it is in the key. */
export const keyMutations: readonly Mutation[] = [
  {
    name: 'key-order-of-fields',
    breaks: 'equal questions with their fields in another order have other keys',
    file: `${cache}/canonical-json.ts`,
    replace: 'Object.keys(object).sort()',
    by: 'Object.keys(object)',
    tests: canonical,
  },
  {
    name: 'key-not-escaped',
    breaks: 'keys of questions beyond ASCII are not those that the format promises',
    file: `${cache}/canonical-json.ts`,
    replace: 'return JSON.stringify(text).replaceAll(/[\\u0080-\\uffff]/g, escaped);',
    by: 'return JSON.stringify(text);',
    tests: canonical,
  },
  {
    name: 'key-forgets-sample',
    breaks: 'who asks for another answer gets the stored one',
    file: `${cache}/cache-key.ts`,
    replace: 'const text = canonicalJson(preimage);',
    by: 'const { sample: _, ...rest } = preimage; const text = canonicalJson(rest);',
    tests: [`${cache}/modes.test.ts`],
  },
  {
    name: 'key-forgets-max-tokens',
    breaks: 'a larger max_tokens gets the answer that was cut at the smaller one',
    file: 'packages/providers-ollama/src/request.ts',
    replace: 'const opts = toOptions(settings.options, options);',
    by: 'const { max_tokens: _, ...opts } = toOptions(settings.options, options);',
    tests: ['packages/providers-ollama/src/provider.test.ts'],
  },
  {
    name: 'key-forgets-temperature',
    breaks: 'another temperature gets the same answer',
    file: 'packages/providers-openai/src/request.ts',
    replace: 'const opts = { ...toOptions(settings, options), ...spoken };',
    by: 'const { temperature: _, ...kept } = toOptions(settings, options); const opts = { ...kept, ...spoken };',
    tests: ['packages/providers-openai/src/provider.test.ts'],
  },
  {
    name: 'key-forgets-interface',
    breaks: 'an answer of chat completions is given for one of Responses, or of another version',
    file: 'packages/providers-openai/src/request.ts',
    replace: 'const opts = { ...toOptions(settings, options), ...spoken };',
    by: 'const opts = { ...toOptions(settings, options), ...(spoken === null && {}) };',
    tests: ['packages/providers-openai/src/provider.test.ts'],
  },
  {
    name: 'key-forgets-api-version',
    breaks: 'what one version of an API answered is given for what another would',
    file: 'packages/providers-anthropic/src/request.ts',
    replace: 'const opts = { ...toOptions(settings, options), api_version: apiVersion };',
    by: 'const opts = { ...toOptions(settings, options), ...(apiVersion === undefined && {}) };',
    tests: ['packages/providers-anthropic/src/provider.test.ts'],
  },
  {
    name: 'key-forgets-service',
    breaks: 'another server with a model of that name gets the same answer',
    file: `${engine}/exchange/to-preimage.ts`,
    replace: 'provider: service === undefined ? who : { ...who, service },',
    by: 'provider: who,',
    tests: [`${engine}/attempt/guarded.test.ts`],
  },
  {
    name: 'key-forgets-schema',
    breaks: 'another schema gets the answer that was made for the old one',
    file: `${engine}/exchange/message-digests.ts`,
    replace: '...(schema !== undefined && { schema: blobs.put(canonicalJson(schema)) }),',
    by: '',
    tests: [`${engine}/resume/resume.test.ts`],
  },
  {
    name: 'key-forgets-images',
    breaks: 'another picture gets the answer that was made for the old one',
    file: `${engine}/exchange/message-digests.ts`,
    replace: "sha256: blobs.put(Buffer.from(data, 'base64')),",
    by: "sha256: '',",
    tests: [`${engine}/exchange/message-digests.test.ts`],
  },
  {
    name: 'key-forgets-what-is-called',
    breaks: 'a conversation with another call of a tool gets the answer of the old one',
    file: `${engine}/exchange/message-digests.ts`,
    replace: 'sha256: sha256(args)',
    by: "sha256: ''",
    tests: [`${engine}/exchange/message-digests.test.ts`],
  },
  {
    name: 'key-forgets-step-options',
    breaks: 'what a step says about its options neither reaches the model nor the key',
    file: `${engine}/exchange/pose.ts`,
    replace: 'options: { ...choice?.options, ...question.options },',
    by: 'options: { ...choice?.options },',
    tests: [`${engine}/resume/resume.test.ts`],
  },
];
