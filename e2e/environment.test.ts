import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { root } from '../tools/checks.mjs';
import { openPlace } from './orch.ts';
import type { Ended, Environment, LoggedEvent, Place } from './orch.ts';
import { startWire } from './wire-server.ts';
import type { Behaviour, WireServer } from './wire-server.ts';

/** What is known of a run when it is over: how it ended, what it said, what it asked the server. */
type Seen = {
  readonly ended: Ended;
  readonly place: Place;
  readonly wire: WireServer;
  readonly events: readonly LoggedEvent[];
};

/** A variable of the environment, and how its effect is seen. */
type Row = {
  /** `URL` stands for the address of the server, `HOST` for its host and port. */
  readonly value: string;
  /** Who answers, as the job says. */
  readonly provider?: string;
  /** Beside the variable, in either case. */
  readonly env?: Environment;
  readonly behaviour?: Behaviour;
  readonly see: (seen: Seen) => unknown;
  readonly without: unknown;
  readonly with: unknown;
  /** A value that is refused, by the name of the variable. */
  readonly bad?: string;
};

const failing = { status: 503, headers: { 'retry-after-ms': '1' } };
const openai = { provider: 'openai:small', env: { OPENAI_BASE_URL: 'URL/v1' } };
const anthropic = {
  provider: 'anthropic:small',
  env: { ANTHROPIC_BASE_URL: 'URL', ANTHROPIC_API_KEY: 'sk-ant-01234567' },
};
const ollama = { provider: 'ollama:small', env: { OLLAMA_BASE_URL: 'URL' } };

const paths = ({ wire }: Seen): string[] => wire.questions.map(({ path }) => path);
const header =
  (name: string) =>
  ({ wire }: Seen): unknown =>
    wire.questions[0]?.headers[name];
const isAsked = ({ wire }: Seen): boolean => wire.questions.length > 0;
const opened = ({ events }: Seen) => events.filter(({ type }) => type === 'circuit.opened');
const outcome = ({ events }: Seen): unknown => {
  const [response] = events.filter(({ type }) => type === 'llm.response');
  return (response?.data['error'] as { code: string } | undefined)?.code ?? 'answered';
};

const variables: Readonly<Record<string, Row>> = {
  PROVIDER: {
    ...{ value: 'openai:small', env: { ...openai.env, ...ollama.env }, see: paths, bad: 'opneai' },
    ...{ without: ['/api/chat'], with: ['/v1/chat/completions'] },
  },
  PROVIDER_MODEL: {
    ...{ ...ollama, provider: 'ollama', value: 'big', bad: 'huge' },
    ...{ see: ({ wire }) => wire.questions[0]?.body.model, without: 'small', with: 'big' },
  },
  PROVIDER_TIMEOUT_S: {
    ...{ ...ollama, env: { ...ollama.env, PROVIDER_MAX_RETRIES: '0' }, behaviour: { delayMs: 6_000 }, see: outcome },
    ...{ value: '2', without: 'answered', with: 'timeout', bad: 'soon' },
  },
  PROVIDER_MAX_RETRIES: {
    ...{ ...ollama, behaviour: failing, see: ({ wire }) => wire.questions.length },
    ...{ value: '1', without: 4, with: 2, bad: '-1' },
  },
  // The third is the trial after the cooldown.
  PROVIDER_CB_THRESHOLD: {
    ...{ ...ollama, env: { ...ollama.env, PROVIDER_CB_COOLDOWN_S: '0.1' }, behaviour: failing },
    ...{ see: (seen) => [seen.wire.questions.length, opened(seen).length] },
    ...{ value: '2', without: [4, 0], with: [3, 2], bad: '0' },
  },
  PROVIDER_CB_COOLDOWN_S: {
    ...{ ...ollama, env: { ...ollama.env, PROVIDER_CB_THRESHOLD: '1' }, behaviour: failing },
    ...{ see: (seen) => opened(seen)[0]?.data['cooldown_s'], value: '7', without: 30, with: 7, bad: 'long' },
  },
  CONCURRENCY: {
    ...{ ...ollama, see: ({ events }) => events[0]?.data['concurrency'] },
    ...{ value: '2', without: 4, with: 2, bad: '0' },
  },
  OLLAMA_BASE_URL: { provider: 'ollama:small', value: 'URL', see: isAsked, without: false, with: true, bad: 'ftp://x' },
  OLLAMA_HOST: { provider: 'ollama:small', value: 'HOST', see: isAsked, without: false, with: true, bad: 'ftp://x' },
  OPENAI_API_KEY: {
    ...{ ...openai, value: 'sk-0123456789', see: header('authorization') },
    ...{ without: undefined, with: 'Bearer sk-0123456789', bad: 'two words' },
  },
  // Without it no key is set either: the service itself is never asked.
  OPENAI_BASE_URL: { provider: 'openai:small', value: 'URL/v1', see: isAsked, without: false, with: true, bad: 'here' },
  ANTHROPIC_API_KEY: {
    ...{ provider: 'anthropic:small', env: { ANTHROPIC_BASE_URL: 'URL' }, value: 'sk-ant-01234567' },
    ...{ see: header('authorization'), without: undefined, with: 'Bearer sk-ant-01234567', bad: 'two words' },
  },
  ANTHROPIC_BASE_URL: {
    ...{ provider: 'anthropic:small', value: 'URL', see: isAsked, without: false, with: true, bad: 'here' },
  },
  ANTHROPIC_VERSION: {
    ...{ ...anthropic, value: '2023-06-01', see: header('anthropic-version') },
    ...{ without: '2026-10-21', with: '2023-06-01', bad: 'newest' },
  },
  MLX_BASE_URL: { provider: 'mlx:small', value: 'URL/v1', see: isAsked, without: false, with: true, bad: 'here' },
  ORCH_RUNS_DIR: {
    ...{ ...ollama, value: 'elsewhere', see: ({ place }) => existsSync(place.path('elsewhere', 'latest')) },
    ...{ without: false, with: true },
  },
};

type Given = { readonly env?: Environment; readonly dotenv?: Environment };

async function runWith(context: TestContext, row: Row, given: Given): Promise<Seen> {
  const place = openPlace(context);
  const wire = await startWire(context, () => row.behaviour ?? {});
  const filled = (text: string): string => text.replaceAll('URL', wire.url).replaceAll('HOST', wire.url.slice(7));
  const env = Object.entries({ ...row.env, ...given.env }).map(([name, value]) => [name, filled(value)]);
  const job = {
    ...(row.provider !== undefined && { provider: row.provider }),
    steps: { a: { prompt: 'How?', retry: 0, timeout_s: 6.9 } },
  };
  place.write({ 'job.yaml': job, ...(given.dotenv && { '.env': dotenv(given.dotenv, filled) }) });
  const ended = await place.orch(['run'], Object.fromEntries(env) as Environment);
  const folder = ['runs', 'elsewhere'].find((name) => existsSync(place.path(name, 'latest')));
  const log = folder === undefined ? '' : place.read(folder, 'latest', 'events.jsonl');
  const events = log.split('\n').filter((line) => line !== '');
  return { ended, place, wire, events: events.map((line) => JSON.parse(line) as LoggedEvent) };
}

function dotenv(variables: Environment, filled: (value: string) => string): string {
  const lines = Object.entries(variables).map(([name, value]) => `${name}="${filled(value)}"\n`);
  return lines.join('');
}

describe.concurrent('variables of the environment', () => {
  test.for(Object.entries(variables))('%s has an effect, also from .env', async ([name, row], context) => {
    const [without, set, fromFile] = await Promise.all([
      runWith(context, row, {}),
      runWith(context, row, { env: { [name]: row.value } }),
      runWith(context, row, { dotenv: { [name]: row.value } }),
    ]);
    expect({ without: row.see(without), set: row.see(set), fromFile: row.see(fromFile) }, set.ended.stderr).toEqual({
      ...{ without: row.without, set: row.with, fromFile: row.with },
    });
  });

  const refused = Object.entries(variables).flatMap(([name, { bad, ...row }]) =>
    bad === undefined ? [] : [[name, bad, row] as const],
  );
  test.for(refused)('%s: the value %s is refused by the name of the variable', async ([name, bad, row], context) => {
    const { ended, wire } = await runWith(context, row, { env: { [name]: bad } });
    expect(ended.stderr).toContain(name);
    expect(ended.code).toBe(name === 'PROVIDER_MODEL' ? 5 : 2);
    expect(wire.questions).toEqual([]);
  });
});

test('.env.example lists these variables, and no others', () => {
  const listed = readFileSync(join(root, '.env.example'), 'utf8').matchAll(/^#?([A-Z_]+)=/gm);
  expect(Array.from(listed, ([, name]) => name).toSorted()).toEqual(Object.keys(variables).toSorted());
});
