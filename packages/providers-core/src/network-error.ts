import { OrchError } from '@orch/contracts';

/** No connection, or none in time. Errors that already are orch's (a cancel, a timeout) stay as they are. */
export function unreachable(error: unknown, url: string): OrchError {
  if (OrchError.is(error)) return error;
  return new OrchError('network', `Expected a connection to ${new URL(url).origin}, got ${reasonOf(error)}.`, {
    hint: 'Check that the server runs, its base URL, and the network.',
    cause: error,
  });
}

/** A connection that ended before the answer did. */
export function brokenOff(error: unknown, url: string): OrchError {
  if (OrchError.is(error)) return error;
  return new OrchError('network', `Expected the whole answer from ${new URL(url).origin}, got ${reasonOf(error)}.`, {
    cause: error,
  });
}

/** A stream that ended, but without the mark that its vendor ends an answer with. */
export function cutStream(): OrchError {
  return new OrchError('network', 'Expected the whole answer, the stream ended before it.');
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  if (typeof code !== 'string') return error.message;
  return error.message === '' ? code : `${code} (${error.message})`;
}
