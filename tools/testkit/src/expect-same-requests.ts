import { expect } from 'vitest';
import { serve } from './serve.ts';
import type { Seen } from './serve.ts';
import type { Script } from './scripts.ts';

type Asking = {
  /** What the server says to both. */
  readonly answer: Script;
  /** Has the vendor's own client ask, to the end of its answer. */
  readonly official: (url: string) => Promise<unknown>;
  /** Has orch ask the same. */
  readonly ours: (url: string) => Promise<unknown>;
  /** Which of them have to be the same, or to be missing from both; the usual three unless given. */
  readonly headers?: readonly string[];
};

/** Fails unless orch asks a server for what the official client does: path, body and headers. Returns what orch asked. */
export async function expectSameRequests({ answer, official, ours, headers }: Asking): Promise<readonly Seen[]> {
  const { url, seen } = await serve(answer);
  await official(url);
  const wanted = [...seen];
  await ours(url);
  const sent = seen.slice(wanted.length);
  expect(wanted).not.toEqual([]);
  expect(sent.map((one) => comparable(one, headers))).toEqual(wanted.map((one) => comparable(one, headers)));
  return sent;
}

const usual: readonly string[] = ['authorization', 'content-type', 'accept'];

function comparable({ url, body, headers }: Seen, names = usual): unknown {
  return { url, body, headers: Object.fromEntries(names.map((name) => [name, headers[name]])) };
}
