import { OrchError } from '@orch/contracts';

/** No connection, or none in time. Errors that already are orch's (a cancel, a timeout) stay as they are. */
export function unreachable(error: unknown, url: string): OrchError {
  if (OrchError.is(error)) return error;
  if (isAboutCertificate(error)) return notTrusted(error, url);
  return new OrchError('network', `Expected a connection to ${new URL(url).origin}, got ${reasonOf(error)}.`, {
    hint: 'Check that the server runs, its base URL, and the network.',
    details: notReached,
    cause: error,
  });
}

const notReached = { reached: false };

/** Whether an error says that nobody is there: no connection, or one that ended before a word was said. */
export function isUnreachable({ details }: OrchError): boolean {
  return details?.['reached'] === notReached.reached;
}

/** The codes of OpenSSL and of Node: `DEPTH_ZERO_SELF_SIGNED_CERT`, `CERT_HAS_EXPIRED`, `ERR_TLS_CERT_ALTNAME_INVALID`. */
function isAboutCertificate(error: unknown): boolean {
  return /CERT|UNABLE_TO_VERIFY|CRL_/.test(String((error as { code?: unknown } | null)?.code));
}

function notTrusted(error: unknown, url: string): OrchError {
  const { origin } = new URL(url);
  return new OrchError('network', `Expected a certificate of ${origin} that can be trusted, got ${reasonOf(error)}.`, {
    hint: 'If it is your own, name its authority in NODE_EXTRA_CA_CERTS: certificates are always checked.',
    retryable: false,
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
