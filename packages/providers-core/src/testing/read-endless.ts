// `node read-endless.ts URL KIND`: asks a server whose answer does not end, and prints what came of it and the most
// memory it took, in MB.
import { setTimeout as wait } from 'node:timers/promises';
import { OrchError } from '@orch/contracts';
import type { Reply } from '@orch/contracts';
import { readNdjson, readSse } from '../body-reader.ts';
import type { BodyReader } from '../body-reader.ts';
import { createHttp } from '../create-http.ts';
import type { AnswerDelta } from '../http.ts';
import { cutStream } from '../network-error.ts';

const [url = '', kind = ''] = process.argv.slice(2);
const clock = {
  now: Date.now,
  monotonic: () => performance.now(),
  sleep: (ms: number, signal?: AbortSignal) => wait(ms, undefined, signal === undefined ? {} : { signal }),
};
const policy = { timeoutMs: 60_000, maxRetries: 0, breaker: { threshold: 5, cooldownMs: 1_000 } };
const http = createHttp(policy, { clock });
const context = { clock, signal: new AbortController().signal };

const answer = {
  text: '',
  take(event: unknown) {
    this.text += JSON.stringify(event);
    return undefined;
  },
  end: (): Reply => {
    throw cutStream();
  },
};
const readers: Readonly<Record<string, () => BodyReader<AnswerDelta, Reply>>> = {
  sse: () => readSse(answer),
  ndjson: () => readNdjson(answer),
};
const read = readers[kind];
const work = read === undefined ? http.json({ url, context }) : http.collect({ url, context, circuit: 'm', read });
const code = await work.then(
  () => 'answered',
  (error: unknown) => (OrchError.is(error) ? error.code : String(error)),
);
console.log(JSON.stringify({ code, megabytes: Math.round(process.resourceUsage().maxRSS / 1024) }));
await http.close();
